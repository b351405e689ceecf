"""Where the money went: what the entries of each category add up to in each month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from fluxo_balances.domain.daily_balance import DateRange, Totals


@dataclass(frozen=True, slots=True)
class CategoryTotals:
    """`month` is its first day; `category` as it was written first, None for the entries without one."""

    month: date
    category: str | None
    totals: Totals


class CategoryTotalsNotBuiltError(Exception):
    """Entries were applied by a release that kept no totals by category: a rebuild makes up for it."""

    def __init__(self) -> None:
        super().__init__("The totals by category lack entries.")


@dataclass(frozen=True, slots=True)
class CategorizedRange:
    """The items are the parts of `totals`: by month, then the greatest turnover first, then by category."""

    days: DateRange
    totals: Totals
    items: Sequence[CategoryTotals]


def categorize(days: DateRange, totals: Totals, categories: Iterable[CategoryTotals]) -> CategorizedRange:
    """Return the range's categories in order.

    Raises:
        CategoryTotalsNotBuiltError: they do not add up to its totals.
    """
    items = sorted(categories, key=_place)
    parts = [item.totals for item in items]
    whole = Totals(
        sum(part.credits_minor for part in parts),
        sum(part.debits_minor for part in parts),
        sum(part.entry_count for part in parts),
    )
    if whole != totals:
        raise CategoryTotalsNotBuiltError
    return CategorizedRange(days, totals, items)


def _place(item: CategoryTotals) -> tuple[date, int, bool, str]:
    turnover_minor = item.totals.credits_minor + item.totals.debits_minor
    return item.month, -turnover_minor, item.category is None, item.category or ""
