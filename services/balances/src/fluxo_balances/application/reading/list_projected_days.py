from collections.abc import AsyncIterator
from datetime import date

from fluxo_balances.application.reading.ports import ProjectedDay, ProjectedDays


class ListProjectedDays:
    """Every day of the read model as it would be served, to hold against the entries.

    All from one snapshot, by merchant (in code-point order) and date. For the sake of a merchant's last month the first
    day after it is there too, with zero totals.
    """

    def __init__(self, days: ProjectedDays) -> None:
        self._days = days

    def __call__(
        self, merchant_id: str | None = None, from_date: date | None = None, to_date: date | None = None
    ) -> AsyncIterator[ProjectedDay]:
        """Yield the days of one merchant or of all, both dates inclusive."""
        return self._days.projected_days(merchant_id, from_date, to_date)
