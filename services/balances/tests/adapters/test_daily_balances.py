import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.adapters.postgres.daily_balances import DAY_STATEMENTS_MAX, PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.reading.ports import DayView
from fluxo_balances.domain.daily_balance import (
    NO_TOTALS,
    MerchantState,
    Totals,
)
from fluxo_chassis.postgres import open_pool

pytestmark = pytest.mark.anyio

TEN_YEARS_OF_MONTHS = 120


async def test_the_standing_names_the_newest_instant_applied(pool, recorded):
    newest = datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC)
    older = newest - timedelta(days=1)
    entries = [recorded("m1", date(2026, 11, 1), credit=5, at=at) for at in (newest, older)]
    await PostgresProjection(pool).apply(entries)
    view = await PostgresDailyBalances(pool).day("m1", date(2026, 11, 2))
    assert view == DayView(MerchantState("BRL", newest), 10, NO_TOTALS)


async def test_sums_beyond_a_single_totals_row_are_exact(pool, recorded):
    most = 10**14 - 1
    months = [date(year, month, 1) for year in range(2000, 2010) for month in range(1, 13)]
    await PostgresProjection(pool).apply([recorded("m1", month, debit=most) for month in months])
    view = await PostgresDailyBalances(pool).day("m1", date(2009, 12, 1))
    assert view.opening_minor == -most * 119
    assert view.totals == Totals(0, most, 1)


async def test_a_read_costs_the_same_at_any_age_and_never_scans_a_table(pool, balances_database, scans):
    await fill_ten_years(balances_database.owner_url)
    for statement, arguments in (
        (read_sql.DAYS, [[date(2026, 11, 22)], [date(2026, 11, 1)]]),
        (read_sql.RANGE, [date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 30)]),
    ):
        async with pool.acquire() as connection:
            assert not await scans(connection, statement, "old", *arguments)
        young, old = [await plan_of(pool, statement, merchant, *arguments) for merchant in ("young", "old")]
        for plan in (young, old):
            assert "Seq Scan" not in node_types(plan)
        assert rows_read(old) <= rows_read(young) + TEN_YEARS_OF_MONTHS


@pytest.fixture
def statements(api_pool, monkeypatch):
    """What is asked of the API's pool."""
    asked = []
    fetch = api_pool.fetch

    async def counted(statement, *arguments):
        asked.append(arguments)
        return await fetch(statement, *arguments)

    monkeypatch.setattr(api_pool, "fetch", counted)
    return asked


async def test_days_asked_for_in_one_turn_share_a_statement_and_each_gets_its_own(pool, api_pool, recorded, statements):
    day, next_day = date(2026, 11, 30), date(2026, 12, 1)
    await PostgresProjection(pool).apply(
        [recorded("m1", day, credit=5), recorded("m2", day, debit=7), recorded("m2", next_day, credit=1)]
    )
    balances = PostgresDailyBalances(api_pool)
    asked = [("m2", next_day), ("m1", day), ("nobody", day), ("m2", day), ("m1", date.max), ("m1", day)]
    alone = [await balances.day(*each) for each in asked]
    assert [(view.opening_minor, view.totals.net_minor) for view in alone] == [
        (-7, 1), (0, 5), (0, 0), (0, -7), (5, 0), (0, 5),
    ]  # fmt: skip
    statements.clear()
    assert await asyncio.gather(*(balances.day(*each) for each in asked)) == alone
    assert len(statements) == 1


async def test_days_asked_for_while_as_many_statements_as_may_be_are_under_way_share_the_next_one(
    api_pool, statements, monkeypatch
):
    may_answer, fetch = asyncio.Event(), api_pool.fetch

    async def answers_later(*arguments):
        rows = await fetch(*arguments)
        await may_answer.wait()
        return rows

    monkeypatch.setattr(api_pool, "fetch", answers_later)
    balances, reading = PostgresDailyBalances(api_pool), []
    for number in range(DAY_STATEMENTS_MAX + 10):
        reading.append(asyncio.create_task(balances.day(f"m{number}", date(2026, 11, 22))))
        await asyncio.sleep(0.001)  # each comes in a turn of its own
    assert len(statements) == DAY_STATEMENTS_MAX
    may_answer.set()
    assert {view.totals for view in await asyncio.gather(*reading)} == {NO_TOTALS}
    assert len(statements) == DAY_STATEMENTS_MAX + 1
    assert (await balances.day("m1", date(2026, 11, 22))).totals == NO_TOTALS


async def test_one_that_goes_away_leaves_the_others_of_its_statement_their_answer(api_pool, statements):
    balances = PostgresDailyBalances(api_pool)
    leaves, stays = (asyncio.create_task(balances.day(each, date(2026, 11, 22))) for each in ("m1", "m2"))
    await asyncio.sleep(0)
    leaves.cancel()
    assert (await stays).totals == NO_TOTALS
    assert len(statements) == 1
    assert leaves.cancelled()


async def test_a_statement_that_fails_fails_all_that_share_it(api_pool, statements):
    await api_pool.close()
    balances = PostgresDailyBalances(api_pool)
    errors = await asyncio.gather(*(balances.day(each, date.min) for each in ("m1", "m2")), return_exceptions=True)
    assert [type(error) for error in errors] == [ReadModelUnavailableError] * 2
    assert len(statements) == 1


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
    await owner.execute("INSERT INTO merchant_settings SELECT merchant_id, 'BRL', now() FROM merchants")
    await owner.execute("VACUUM ANALYZE")
    await owner.close()


async def plan_of(pool, statement: str, *arguments) -> dict:
    return json.loads(await pool.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments))[0]["Plan"]


def node_types(plan: dict) -> set[str]:
    return {plan["Node Type"]}.union(*(node_types(each) for each in plan.get("Plans", [])))


def rows_read(plan: dict) -> float:
    below = sum(rows_read(each) for each in plan.get("Plans", []))
    return below + (plan["Actual Rows"] * plan["Actual Loops"] if "Relation Name" in plan else 0)
