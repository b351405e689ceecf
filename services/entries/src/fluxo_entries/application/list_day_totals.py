from collections.abc import AsyncIterator
from datetime import date

from fluxo_entries.application.ports import DayTotals, DayTotalsFeed


class ListDayTotals:
    """What each merchant's entries of each day add up to, to hold against the balances.

    All from one snapshot, by merchant (in code-point order) and date; days without entries are left out.
    """

    def __init__(self, feed: DayTotalsFeed) -> None:
        self._feed = feed

    def __call__(
        self, merchant_id: str | None = None, from_date: date | None = None, to_date: date | None = None
    ) -> AsyncIterator[DayTotals]:
        """Yield the days of one merchant or of all, both dates inclusive."""
        return self._feed.day_totals(merchant_id, from_date, to_date)
