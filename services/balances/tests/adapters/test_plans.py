"""No hot statement may ever read a whole table, however large it grows: the plans are looked at, with statistics."""

from datetime import date

import asyncpg
import pytest
from fluxo_balances.adapters.postgres import projection_sql, read_sql
from fluxo_balances.adapters.postgres.projection import PURGE_CHUNK, _columns

pytestmark = pytest.mark.anyio

MERCHANTS = 40
DAYS = 1_500
SEED = f"""
INSERT INTO merchants SELECT 'm' || n, 'BRL', now() FROM generate_series(1, {MERCHANTS}) AS n;
INSERT INTO merchant_settings SELECT 'm' || n, 'BRL', now() FROM generate_series(1, {MERCHANTS * DAYS}) AS n;
INSERT INTO day_totals
SELECT 'm' || merchant, date '2022-01-01' + day, day, 0, 1
FROM generate_series(1, {MERCHANTS}) AS merchant, generate_series(1, {DAYS}) AS day;
INSERT INTO month_totals
SELECT merchant_id, date_trunc('month', business_date)::date AS month, sum(credits_minor), 0, sum(entry_count)
FROM day_totals GROUP BY merchant_id, month;
INSERT INTO category_totals
SELECT merchant_id, business_date, 'vendas', credits_minor, debits_minor, entry_count FROM day_totals;
INSERT INTO category_names SELECT 'm' || n, 'vendas', 'Vendas', now() FROM generate_series(1, {MERCHANTS * DAYS}) AS n;
INSERT INTO inbox SELECT gen_random_uuid(), 'm1' FROM generate_series(1, {MERCHANTS * DAYS});
"""
DAY = date(2025, 11, 22)


@pytest.fixture
async def grown(balances_database):
    """A read model of years, as the planner sees it after the server's own upkeep."""
    connection = await asyncpg.connect(balances_database.admin_url)
    await connection.execute(SEED)
    await connection.execute("ANALYZE")
    yield connection
    await connection.close()


async def test_no_hot_statement_reads_a_whole_table(grown, api_pool, scans, recorded):
    entries = [recorded(f"m{number % MERCHANTS}", DAY, credit=1) for number in range(500)]
    of_api = {
        "a day": (read_sql.DAYS, ("m1", [DAY], [DAY.replace(day=1)])),
        "a range": (read_sql.RANGE, ("m1", DAY, DAY.replace(day=1), DAY)),
        "categories": (read_sql.CATEGORIES, ("m1", DAY.replace(day=1), DAY)),
        "is it applied": (read_sql.APPLIED, ("m1,m2", [entry.id for entry in entries])),
    }
    of_projector = {
        "apply one": (projection_sql.APPLY, (*_columns(entries[:1]), False)),
        "apply a batch": (projection_sql.APPLY, (*_columns(entries), False)),
        "purge": (projection_sql.PURGE_INBOX, (entries[0].id, PURGE_CHUNK)),
    }
    async with api_pool.acquire() as api:
        found = {
            name: await scans(connection, statement, *arguments)
            for connection, hot in ((api, of_api), (grown, of_projector))
            for name, (statement, arguments) in hot.items()
        }
    # A rebuild's mark is one row or none; merchants fit into a page here.
    read_whole = {name: tables - {"rebuild", "merchants"} for name, tables in found.items()}
    assert {name: tables for name, tables in read_whole.items() if tables} == {}


async def test_a_statement_that_lost_its_index_is_found_out(grown, scans):
    await grown.execute("ALTER TABLE day_totals DROP CONSTRAINT day_totals_pkey")
    assert "day_totals" in await scans(grown, read_sql.DAYS, "m1", [DAY], [DAY.replace(day=1)])
