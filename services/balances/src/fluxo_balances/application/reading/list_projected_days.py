from collections.abc import AsyncIterator
from datetime import date, datetime

from fluxo_balances.application.reading.ports import CutOffHeard, ProjectedDay, ProjectedDays
from fluxo_balances.domain.inbox import lowest_id


class ListProjectedDays:
    """Every day of the read model as it would be served, to hold against the entries.

    All from one snapshot, by merchant (in code-point order) and date. For the sake of a merchant's last month the first
    day after it is there too, with zero totals.
    """

    def __init__(self, days: ProjectedDays) -> None:
        self._days = days

    def __call__(
        self,
        merchant_id: str | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        cut_off: datetime | None = None,
        hear: CutOffHeard = lambda _since, _applied: None,
    ) -> AsyncIterator[ProjectedDay]:
        """Yield the days of one merchant or of all, both dates inclusive.

        With `cut_off`, an instant of the last days, `hear` is told first which entries recorded since then are part of
        the days: with that the other side can count as far.
        """
        since = None if cut_off is None else lowest_id(cut_off)
        return self._days.projected_days(merchant_id, from_date, to_date, since, hear)
