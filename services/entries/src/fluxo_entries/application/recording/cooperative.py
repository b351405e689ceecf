import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

AT_A_TIME_S: Final = 0.001

TURNS: Final = 3
"""Rounds of the loop between: a request that came meanwhile is read, looked at, and its statement sent."""

T = TypeVar("T")


async def yielding(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and every millisecond of work let the event loop serve other requests.

    Ten thousand items in one go would hold up everybody else for a third of a second.
    """
    due = 0.0
    for item in items:
        if time.perf_counter() >= due:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            due = time.perf_counter() + AT_A_TIME_S
        yield item
