from collections.abc import AsyncIterator
from datetime import date

from fluxo_entries.application.totals.ports import CategoryTotals, CategoryTotalsFeed, CutOff


class ListCategoryTotals:
    """What each merchant's entries of each category and month add up to, to hold against the balances."""

    def __init__(self, feed: CategoryTotalsFeed) -> None:
        self._feed = feed

    def __call__(
        self, merchant_id: str | None = None, to_date: date | None = None, cut_off: CutOff | None = None
    ) -> AsyncIterator[CategoryTotals]:
        """Yield those of one merchant or of all, with the entries up to the day and the cut-off."""
        return self._feed.category_totals(merchant_id, to_date, cut_off)
