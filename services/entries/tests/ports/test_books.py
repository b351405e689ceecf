"""What a statement is held against: each case runs in memory and over PostgreSQL, as the API's role."""

from datetime import date

import pytest
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.reconciliation import DaySums

pytestmark = pytest.mark.anyio

THE_20TH, THE_21ST = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def record(journal, recording):
    async def record(day, amount_minor, **changes):
        direction = Direction.CREDIT if amount_minor > 0 else Direction.DEBIT
        new = recording()
        entry = new.entry._replace(business_date=day, amount_minor=abs(amount_minor), direction=direction, **changes)
        return (await journal.append(new._replace(entry=entry))).entry

    return record


async def test_sums_stand_by_day_after_the_balance_of_all_before(books, record):
    first = await record(date(2026, 1, 1), 5_000)
    await record(date(2026, 2, 1), -700)
    for amount_minor in (1_000, 250, -300):
        await record(THE_20TH, amount_minor)
    await record(THE_21ST, -1)
    await record(THE_20TH, 9_999, merchant_id="another")
    before, days = await books.sums(first.merchant_id, date(2026, 3, 1), THE_20TH)
    assert (before, days) == (4_300, {THE_20TH: DaySums(1_250, 300)})
    assert await books.sums("nobody", THE_20TH, THE_21ST) == (0, {})


async def test_the_entries_of_days_come_by_day_and_age(books, record):
    late = await record(THE_21ST, 1)
    early, later = await record(THE_20TH, 2), await record(THE_20TH, 3)
    await record(date(2026, 11, 19), 4)
    whose = late.merchant_id
    assert await books.entries_of(whose, [THE_21ST, THE_20TH], 10) == [early, later, late]
    assert await books.entries_of(whose, [THE_21ST, THE_20TH], 1) == [early]
    assert await books.entries_of(whose, [], 10) == []
