from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from fluxo_entries.application.recording.ports import Clock, DayCloses, Merchants
from fluxo_entries.domain.day_close import DayClose, day_to_close

LINES_MAX: Final = 1_000


class CloseDay:
    """Close a day and all before it: nothing is recorded with these dates any more until the owner reopens it.

    The answer has the balance that the day closes with, which stays right. It waits some seconds for entries of these
    days that are not in the balances yet, and is refused where they do not get there. The day that was closed last may
    be closed again: the answer is the same.
    """

    def __init__(self, merchants: Merchants, day_closes: DayCloses, clock: Clock) -> None:
        self._merchants = merchants
        self._day_closes = day_closes
        self._clock = clock

    async def __call__(self, merchant_id: str, day: date, by: str) -> tuple[DayClose, bool]:
        """Return the line of the trail, and whether it is new.

        Raises:
            RejectedFieldsError: a day after today.
            DayClosedError, NotConsolidatedError, CloseHeldUpError: nothing was closed.
        """
        merchant = await self._merchants.get(merchant_id)
        return await self._day_closes.close(merchant_id, day_to_close(day, merchant, self._clock.now()), by)


class ReopenDay:
    """Reopen the newest day that is closed, for a reason; what was closed before it stays closed."""

    def __init__(self, day_closes: DayCloses) -> None:
        self._day_closes = day_closes

    async def __call__(self, merchant_id: str, day: date, reason: str, by: str) -> DayClose:
        """Return the line of the trail.

        Raises:
            DayNotClosedError: it is not the newest one that is closed.
            CloseHeldUpError: somebody closes just now.
        """
        return await self._day_closes.reopen(merchant_id, day, reason, by)


@dataclass(frozen=True, slots=True)
class Trail:
    """`closed_through` is the newest day that is closed now, and with it all before."""

    closed_through: date | None
    lines: Sequence[DayClose]


class ListDayCloses:
    """Who closed and reopened which day, when, and with which balance, newest first: the last thousand times."""

    def __init__(self, day_closes: DayCloses) -> None:
        self._day_closes = day_closes

    async def __call__(self, merchant_id: str) -> Trail:
        lines = await self._day_closes.trail(merchant_id, LINES_MAX)
        return Trail(lines[0].closed_through if lines else None, lines)


async def closed_through(day_closes: DayCloses, merchant_id: str) -> date | None:
    """Return the last day that is closed, by the trail.

    The merchant's own `closed_through` may be that of a close which comes to nothing.
    """
    lines = await day_closes.trail(merchant_id, 1)
    return lines[0].closed_through if lines else None
