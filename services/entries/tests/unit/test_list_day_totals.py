from datetime import date

import pytest
from fluxo_entries.application.totals.list_day_totals import ListDayTotals
from fluxo_entries.application.totals.ports import DayTotals

pytestmark = pytest.mark.anyio

DAYS = [
    DayTotals("a", date(2026, 10, 31), 5, 0, 1),
    DayTotals("a", date(2026, 12, 1), 5, 2, 2),
    DayTotals("b", date(2026, 1, 30), 0, 1, 1),
]


class Feed:
    async def day_totals(self, merchant_id, from_date, to_date, cut_off):
        for day in DAYS:
            if to_date is None or day.business_date <= to_date:
                yield day


async def days(to_date=None):
    return [day async for day in ListDayTotals(Feed())(to_date=to_date)]


async def test_after_each_merchants_last_day_comes_the_first_day_of_the_month_after():
    assert await days() == [
        *DAYS[:2],
        DayTotals("a", date(2027, 1, 1), 0, 0, 0),
        DAYS[2],
        DayTotals("b", date(2026, 2, 1), 0, 0, 0),
    ]


@pytest.mark.parametrize(
    ("to_date", "last"),
    [
        (date(2026, 1, 31), DAYS[2]),
        (date(2026, 2, 1), DayTotals("b", date(2026, 2, 1), 0, 0, 0)),
    ],
)
async def test_a_range_ends_as_if_nothing_came_after_it(to_date, last):
    assert (await days(to_date))[-1] == last


async def test_without_entries_there_is_no_day():
    assert await days(date(2025, 1, 1)) == []
