"""Totals by category over a real read model: what is one category, what a reversal does, which days count."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.domain.category_totals import CategoryTotals
from fluxo_balances.domain.daily_balance import DateRange, MerchantState, Totals

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OCT_31, NOV_1, NOV_22 = date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 22)
YEAR = DateRange(date(2026, 1, 1), date(2026, 12, 31))
AMOUNT_MINOR_MAX = 99_999_999_999_999
BIGINT_MAX = 2**63 - 1


@pytest.fixture
def projection(pool):
    return PostgresProjection(pool)


@pytest.fixture
def totals_of(pool):
    """What each month and category of a range has: credits, debits and how many entries."""

    async def read(days=YEAR):
        _, found = await GetCategoryTotals(PostgresDailyBalances(pool))("m1", days)
        return {
            (item.month, item.category): (item.totals.credits_minor, item.totals.debits_minor, item.totals.entry_count)
            for item in found.items
        }

    return read


async def test_categories_that_read_the_same_are_one_shown_as_it_was_written_first(projection, recorded, totals_of):
    # "Vendas" was recorded first, and comes last.
    spelled = ["VENDAS", "\uff36endas", "ven\u00addas", "Vendas"]
    for age, category in enumerate(spelled):
        at = NOON - timedelta(minutes=age)
        await projection.apply([recorded("m1", NOV_22, credit=1, at=at, category=category)])
    assert await totals_of() == {(NOV_1, "Vendas"): (4, 0, 4)}
    await projection.apply([recorded("m1", NOV_22, credit=1, at=NOON, category=each) for each in ("Café", "Cafe")])
    assert {category for _, category in await totals_of()} == {"Vendas", "Café", "Cafe"}


async def test_entries_without_a_category_are_one_of_their_own(projection, recorded, totals_of):
    await projection.apply([recorded("m1", NOV_22, credit=3), recorded("m1", NOV_1, debit=2)])
    assert await totals_of() == {(NOV_1, None): (3, 2, 2)}


async def test_a_reversal_takes_back_what_its_category_got_on_whatever_day(projection, recorded, totals_of):
    await projection.apply([recorded("m1", OCT_31, credit=100, category="vendas")])
    await projection.apply([recorded("m1", OCT_31, debit=100, category="vendas")])
    assert await totals_of() == {(OCT_31.replace(day=1), "vendas"): (100, 100, 2)}
    await projection.apply([recorded("m1", NOV_22, debit=100, category="vendas")])
    assert (await totals_of())[NOV_1, "vendas"] == (0, 100, 1)


async def test_a_range_counts_its_own_days_of_a_month_only_back_dated_ones_too(projection, recorded, totals_of):
    days = [NOV_22, OCT_31, NOV_1, date(2026, 11, 30)]
    for cents, day in enumerate(days):
        await projection.apply([recorded("m1", day, credit=10**cents, category="vendas")])
    assert await totals_of(DateRange(OCT_31, NOV_22)) == {
        (date(2026, 10, 1), "vendas"): (10, 0, 1),
        (NOV_1, "vendas"): (101, 0, 2),
    }
    assert await totals_of(DateRange(NOV_22, NOV_22)) == {(NOV_1, "vendas"): (1, 0, 1)}


async def test_a_category_holds_whatever_its_entries_add_up_to(projection, pool, recorded):
    amounts_minor = (BIGINT_MAX, AMOUNT_MINOR_MAX, 7)
    for amount_minor in amounts_minor:
        await projection.apply([recorded("m1", NOV_22, debit=amount_minor, category="vendas")])
    view = await PostgresDailyBalances(pool).categories("m1", YEAR)
    whole = Totals(0, sum(amounts_minor), 3)
    assert (view.totals, view.categories) == (whole, [CategoryTotals(NOV_1, "vendas", whole)])
    assert await pool.fetchval("SELECT debits_carry FROM category_totals") > 0


async def test_a_merchant_nobody_heard_of_has_no_category(pool):
    view = await PostgresDailyBalances(pool).categories("nobody", YEAR)
    assert (view.merchant_state, view.totals, view.categories) == (MerchantState("BRL", None), Totals(), [])


async def test_a_range_is_read_by_keys(pool, projection, recorded, scans):
    await projection.apply([recorded("m1", NOV_22, credit=1, category="vendas")])
    async with pool.acquire() as connection:
        assert not await scans(connection, read_sql.CATEGORIES, "m1", NOV_1, NOV_22)
