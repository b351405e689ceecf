"""Events that could not be applied, as they are kept for an operator."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fluxo_balances.application.ports import DeadLetter


@dataclass(frozen=True, slots=True)
class BuriedLetter:
    """A dead letter where it lies; `reason` is the newest, `redrives` counts those that failed."""

    id: str
    letter: DeadLetter
    buried_at: datetime
    redrives: int = 0
    redriven_at: datetime | None = None


class DeadLetters(Protocol):
    def letters(self) -> AsyncIterator[BuriedLetter]:
        """Yield the letters, oldest first; they may be removed meanwhile."""

    async def find(self, letter_id: str) -> BuriedLetter | None: ...

    async def note_failure(self, letter_id: str, reason: str, at: datetime) -> None:
        """Keep why a redrive failed; nothing happens when the letter is gone."""

    async def remove(self, letter_id: str) -> bool:
        """Return whether it was there."""
