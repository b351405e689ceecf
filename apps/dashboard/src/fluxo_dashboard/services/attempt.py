from collections.abc import Awaitable
from typing import TypeVar

from fluxo_dashboard.services.client import ServiceUnavailableError

T = TypeVar("T")


async def attempt(asked: Awaitable[T]) -> T | None:
    """Return the answer, or None while the service is unavailable: for a page that goes on without."""
    try:
        return await asked
    except ServiceUnavailableError:
        return None
