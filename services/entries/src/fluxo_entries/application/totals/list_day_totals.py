from collections.abc import AsyncIterator
from datetime import date, timedelta

from fluxo_entries.application.totals.ports import CutOff, DayTotals, DayTotalsFeed


class ListDayTotals:
    """What each merchant's entries of each day add up to, to hold against the balances.

    All from one snapshot, by merchant (in code-point order) and date. Days without entries are left out, but for one:
    the first day of the month after a merchant's last day, where a balance rests on every month and on no day.
    """

    def __init__(self, feed: DayTotalsFeed) -> None:
        self._feed = feed

    async def __call__(
        self,
        merchant_id: str | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        cut_off: CutOff | None = None,
    ) -> AsyncIterator[DayTotals]:
        """Yield the days of one merchant or of all, both dates inclusive, with the entries up to the cut-off."""
        last: DayTotals | None = None
        async for day in self._feed.day_totals(merchant_id, from_date, to_date, cut_off):
            if (
                last is not None
                and last.merchant_id != day.merchant_id
                and _is_wanted(after := _day_after(last), to_date)
            ):
                yield after
            yield day
            last = day
        if last is not None and _is_wanted(after := _day_after(last), to_date):
            yield after


def _day_after(last: DayTotals) -> DayTotals:
    # No month is longer than 31 days, and no entry is dated after today.
    next_month = last.business_date.replace(day=1) + timedelta(days=31)
    return DayTotals(last.merchant_id, next_month.replace(day=1), 0, 0, 0, last.currency)


def _is_wanted(day: DayTotals, to_date: date | None) -> bool:
    return to_date is None or day.business_date <= to_date
