from datetime import date

import pytest
from fluxo_balances.domain.category_totals import CategoryTotals, CategoryTotalsNotBuiltError, categorize
from fluxo_balances.domain.daily_balance import NO_TOTALS, DateRange, Totals

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
DAYS = DateRange(date(2026, 10, 3), date(2026, 11, 22))


def test_the_months_ascend_and_in_each_the_greatest_turnover_comes_first():
    ordered = [
        CategoryTotals(OCTOBER, "luz", Totals(0, 5, 1)),
        CategoryTotals(NOVEMBER, "vendas", Totals(70, 30, 4)),
        CategoryTotals(NOVEMBER, "aluguel", Totals(0, 50, 1)),
        CategoryTotals(NOVEMBER, "feira", Totals(25, 25, 2)),
        CategoryTotals(NOVEMBER, None, Totals(50, 0, 1)),
        CategoryTotals(NOVEMBER, "gás", Totals(0, 1, 1)),
    ]
    found = categorize(DAYS, Totals(145, 111, 10), reversed(ordered))
    assert found.items == ordered


def test_nothing_recorded_is_no_category():
    assert categorize(DAYS, NO_TOTALS, []).items == []


@pytest.mark.parametrize("totals", [Totals(1, 0, 2), Totals(2, 0, 1), Totals(1, 1, 1)])
def test_parts_that_are_not_the_whole_are_never_shown(totals):
    with pytest.raises(CategoryTotalsNotBuiltError):
        categorize(DAYS, totals, [CategoryTotals(NOVEMBER, "vendas", Totals(1, 0, 1))])
