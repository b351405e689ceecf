"""What all rooms need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current instant, aware, in UTC. It jumps when somebody puts the clock right."""

    def monotonic(self) -> float:
        """Return seconds since some instant; they never jump: for intervals."""


class AnswerInvalidation(Protocol):
    """Answers that are kept rendered are removed by whoever changes balances, or has seen that they have changed."""

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove every answer of each of the merchants, and keep reads that have begun from storing theirs.

        Raises:
            CacheUnavailableError: it could not be done; the caller must try again before it acknowledges.
        """


class CacheUnavailableError(Exception):
    """The cache cannot be reached now."""


class ReadModelUnavailableError(Exception):
    """The database cannot be asked now."""
