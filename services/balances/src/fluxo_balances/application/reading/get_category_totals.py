from fluxo_balances.application.reading.ports import CategoryBreakdown
from fluxo_balances.domain.category_totals import CategorizedRange, categorize
from fluxo_balances.domain.daily_balance import DateRange, MerchantState


class GetCategoryTotals:
    """What the entries of each category add up to, month by month, of the days from `from` to `to`.

    Categories that differ in capitals, width or invisible characters only are one, shown as it was written first;
    entries without a category are one of their own, null. A reversal has its original's category and counts on the
    other side, as in daily balances: the items add up to the range's totals.
    """

    def __init__(self, breakdown: CategoryBreakdown) -> None:
        self._breakdown = breakdown

    async def __call__(self, merchant_id: str, days: DateRange) -> tuple[MerchantState, CategorizedRange]:
        """Return the range's categories.

        Raises:
            CategoryTotalsNotBuiltError: entries of the range are missing there, until the balances are rebuilt.
        """
        view = await self._breakdown.categories(merchant_id, days)
        return view.merchant_state, categorize(days, view.totals, view.categories)
