import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.ports import DayView
from fluxo_balances.domain.daily_balance import (
    NO_TOTALS,
    RANGE_DAYS_MAX,
    DateRange,
    MerchantState,
    Totals,
    TotalsByDay,
    carry_forward,
)
from fluxo_chassis.postgres import open_pool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio

TEN_YEARS_OF_MONTHS = 120

days = st.dates(date(2025, 11, 1), date(2026, 2, 28)) | st.sampled_from([date(1900, 1, 1), date.max])
moves = st.tuples(days, st.integers(0, 10**14), st.booleans())


@given(moves=st.lists(moves, max_size=25), asked=st.lists(st.tuples(days, days), min_size=1, max_size=6))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_days_and_ranges_agree_with_adding_up_every_entry(pool, recorded, memory_read_model, moves, asked):
    merchant_id = uuid4().hex
    entries = []
    for day, amount, is_credit in moves:
        amounts = {"credit" if is_credit else "debit": amount + 1}
        memory_read_model.add(merchant_id, day, **amounts)
        entries.append(recorded(merchant_id, day, **amounts))
    await PostgresProjection(pool).apply(entries)
    balances = PostgresDailyBalances(pool)

    for first, last in asked:
        expected, found = await memory_read_model.day(merchant_id, first), await balances.day(merchant_id, first)
        assert (found.opening_minor, found.totals) == (expected.opening_minor, expected.totals)
        if 0 <= (last - first).days < RANGE_DAYS_MAX:
            wanted = DateRange(first, last)
            expected, found = (
                await memory_read_model.range(merchant_id, wanted),
                await balances.range(merchant_id, wanted),
            )
            assert carry_forward(found.opening_minor, wanted, found.totals) == carry_forward(
                expected.opening_minor, wanted, expected.totals
            )


async def test_the_standing_names_the_newest_instant_applied(pool, recorded):
    newest = datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC)
    older = newest - timedelta(days=1)
    entries = [recorded("m1", date(2026, 11, 1), credit=5, at=at) for at in (newest, older)]
    await PostgresProjection(pool).apply(entries)
    view = await PostgresDailyBalances(pool).day("m1", date(2026, 11, 2))
    assert view == DayView(MerchantState("BRL", newest), 10, NO_TOTALS)


async def test_a_merchant_nobody_heard_of_has_zeros(pool):
    balances = PostgresDailyBalances(pool)
    assert await balances.day("nobody", date.max) == DayView(MerchantState("BRL", None), 0, NO_TOTALS)
    assert (await balances.range("nobody", DateRange(date.max, date.max))).totals == TotalsByDay()


async def test_sums_beyond_a_single_totals_row_are_exact(pool, recorded):
    most = 10**14 - 1
    months = [date(year, month, 1) for year in range(2000, 2010) for month in range(1, 13)]
    await PostgresProjection(pool).apply([recorded("m1", month, debit=most) for month in months])
    view = await PostgresDailyBalances(pool).day("m1", date(2009, 12, 1))
    assert view.opening_minor == -most * 119
    assert view.totals == Totals(0, most, 1)


async def test_a_read_costs_the_same_at_any_age_and_never_scans_a_table(pool, balances_database):
    await fill_ten_years(balances_database.owner_url)
    for statement, arguments in (
        (read_sql.DAY, [date(2026, 11, 22), date(2026, 11, 1)]),
        (read_sql.RANGE, [date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 30)]),
    ):
        generic = json.loads(
            await pool.fetchval(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement}", "old", *arguments)
        )[0]["Plan"]
        assert "Seq Scan" not in node_types(generic)
        young, old = [await plan_of(pool, statement, merchant, *arguments) for merchant in ("young", "old")]
        for plan in (young, old):
            assert "Seq Scan" not in node_types(plan)
        assert rows_read(old) <= rows_read(young) + TEN_YEARS_OF_MONTHS


async def test_a_closed_or_unreachable_database_is_unavailable(pool):
    await pool.close()
    with pytest.raises(ReadModelUnavailableError):
        await PostgresDailyBalances(pool).day("m1", date(2026, 11, 22))
    nowhere = await open_pool("postgresql://nobody@127.0.0.1:1/nothing", application_name="tests")
    with pytest.raises(ReadModelUnavailableError):
        await PostgresDailyBalances(nowhere).day("m1", date(2026, 11, 22))
    await nowhere.close()


async def test_a_statement_that_takes_too_long_is_unavailable(balances_database):
    impatient = await open_pool(balances_database.url, application_name="tests", command_timeout_s=0.2)
    locker = await open_pool(balances_database.owner_url, application_name="tests")
    async with locker.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE day_totals")
        with pytest.raises(ReadModelUnavailableError):
            await PostgresDailyBalances(impatient).day("m1", date(2026, 11, 22))
    await locker.close()
    await impatient.close()


async def fill_ten_years(owner_url: str) -> None:
    """Two merchants with entries every day, one for ten years and one for two months, among a hundred others."""
    owner = await open_pool(owner_url, application_name="tests", command_timeout_s=30)
    await owner.execute("""
        INSERT INTO day_totals
        SELECT merchant_id, day::date, 100, 50, 2
        FROM (
            SELECT 'old' AS merchant_id, '2016-12-01'::date AS since UNION ALL SELECT 'young', '2026-10-01'
            UNION ALL SELECT 'other-' || n, '2026-01-01' FROM generate_series(1, 100) n
        ) AS merchant, generate_series(since, '2026-12-31', '1 day') AS day
    """)
    await owner.execute("""
        INSERT INTO month_totals
        SELECT merchant_id, date_trunc('month', business_date)::date, sum(credits_minor), sum(debits_minor), 1
        FROM day_totals GROUP BY 1, 2
    """)
    await owner.execute("INSERT INTO merchants SELECT DISTINCT merchant_id, 'BRL', now() FROM day_totals")
    await owner.execute("INSERT INTO merchants SELECT 'idle-' || n, 'BRL', now() FROM generate_series(1, 5000) n")
    await owner.execute("VACUUM ANALYZE")
    await owner.close()


async def plan_of(pool, statement: str, *arguments) -> dict:
    return json.loads(await pool.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments))[0]["Plan"]


def node_types(plan: dict) -> set[str]:
    return {plan["Node Type"]}.union(*(node_types(each) for each in plan.get("Plans", [])))


def rows_read(plan: dict) -> float:
    below = sum(rows_read(each) for each in plan.get("Plans", []))
    return below + (plan["Actual Rows"] * plan["Actual Loops"] if "Relation Name" in plan else 0)
