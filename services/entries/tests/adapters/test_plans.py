"""No hot statement may ever read a whole table, however large it grows: the plans are looked at, with statistics."""

import re
from datetime import date
from uuid import UUID

import asyncpg
import pytest
from fluxo_chassis.postgres.tenants import NAME_TENANTS
from fluxo_entries.adapters.postgres import import_sql, outbox_sql, sql
from fluxo_entries.adapters.postgres.import_lines import LOOKED_AT
from fluxo_entries.adapters.postgres.rows import columns_of
from fluxo_entries.domain.merchant import DEFAULT_TIME_ZONE

pytestmark = pytest.mark.anyio

ROWS = 40_000
MERCHANTS = 40
SEED = f"""
INSERT INTO merchants
SELECT 'm' || n, 'm' || n, 'BRL', 'America/Sao_Paulo' FROM generate_series(0, {MERCHANTS - 1}) AS n;
INSERT INTO entries ({sql.ENTRY})
SELECT gen_random_uuid(), 'm' || n % {MERCHANTS}, 'credit', n, 'BRL', date '2017-01-01' + n % 3650, 'Venda', 'vendas',
    NULL, now()
FROM generate_series(1, {ROWS}) AS n;
INSERT INTO idempotency_keys (merchant_id, key, request_hash, entry_id)
SELECT merchant_id, id::text, sha256(id::text::bytea), id FROM entries;
INSERT INTO imports (id, merchant_id, digest, filename, currency, state, created_at)
SELECT gen_random_uuid(), 'm' || n % {MERCHANTS}, sha256(n::text::bytea), 'f', 'BRL', 'done', now()
FROM generate_series(1, 4000) AS n;
INSERT INTO import_lines (import_id, merchant_id, position, place, booked_on, amount_minor, line_key, status)
SELECT id, merchant_id, n, 'line', date '2026-01-01' + n % 300, n, sha256(n::text::bytea),
    CASE n % 100 WHEN 0 THEN 'invalid' ELSE 'new' END
FROM (SELECT id, merchant_id FROM imports ORDER BY id LIMIT 200) AS chosen CROSS JOIN generate_series(1, 400) AS n;
INSERT INTO imported_lines
SELECT DISTINCT ON (merchant_id, line_key) merchant_id, line_key, 1, gen_random_uuid(), NULL, false
FROM import_lines;
INSERT INTO outbox (event) SELECT 'event' FROM generate_series(1, {ROWS});
"""
POSITION = (1, 5_000_000, 1)
ENTRY_ID = UUID("019ac5a0-7d3e-7c44-b0b1-6c1a2f3e4d5c")
FILTERS = {
    "after": (date(2026, 11, 22), ENTRY_ID),
    "from_date": (date(2020, 1, 1),),
    "to_date": (date(2020, 1, 31),),
    "direction": ("credit",),
    "category": ("vendas",),
}


def pages():
    for name, values in FILTERS.items():
        placeholders = [f"${number}" for number in range(3, 3 + len(values))]
        condition = sql.PAGE_FILTERS[name].format(*placeholders)
        yield f"a page by {name}", sql.page([condition]), ("m1", 50, *values)


@pytest.fixture(scope="module")
async def grown(entries_template, anyio_backend):
    """A database with years of entries, as the planner sees it after the server's own upkeep; all look at it."""
    database = await entries_template.create()
    connection = await asyncpg.connect(database.admin_url)
    await connection.execute(SEED)
    await connection.execute("ANALYZE")
    yield connection
    await connection.close()
    await entries_template.drop(database)


@pytest.fixture
async def api(grown, entries_template):
    """The same as the API meets it, held to the merchants that its statements name."""
    name = await grown.fetchval("SELECT current_database()")
    connection = await asyncpg.connect(entries_template.database(name).api_url)
    yield connection
    await connection.close()


async def test_no_hot_statement_reads_a_whole_table(grown, api, scans, recording):
    columns = columns_of([recording(merchant_id="m1") for _ in range(64)])
    an_import = await grown.fetchval("SELECT min(import_id::text)::uuid FROM import_lines WHERE merchant_id = 'm1'")
    of_api = {
        "append": (sql.APPEND, ("m1", DEFAULT_TIME_ZONE, *columns)),
        "find by keys": (sql.FIND_BY_KEYS, ("m1,m2", ["m1", "m2"], ["a", "b"])),
        "get an entry": (sql.GET_ENTRY, ("m1", ENTRY_ID)),
        "get a merchant": (sql.GET_MERCHANT, ("m1",)),
        "the first page": (sql.page([]), ("m1", 50)),
        **{name: (statement, arguments) for name, statement, arguments in pages()},
        "an import": (import_sql.GET, ("m1", an_import)),
        "a page of imports": (import_sql.PAGE, ("m1", None, 50)),
        "a page of lines": (import_sql.page_of_lines([]), ("m1", an_import, 0, 50)),
        "invalid lines": (import_sql.page_of_lines(["invalid"]), ("m1", an_import, 0, 50)),
        "lines to record": (import_sql.WAITING, ("m1", an_import, 0, LOOKED_AT, ["new"], 1_000)),
        "lines recorded before": (import_sql.RECORDED_BEFORE, ("m1", an_import)),
        "a page by words": (sql.search([], "$3"), ("m1", 50, "venda")),
    }
    of_relay = {
        "publish": (outbox_sql.ROWS_AFTER, (*POSITION, b"event", 1_000, 0)),
        "is it the same outbox": (outbox_sql.RECOGNISE, (*POSITION, b"event")),
        "is anything waiting": (outbox_sql.HAS_ROWS_AFTER, POSITION),
        "is anything missing": (outbox_sql.HAS_ROWS_BETWEEN, (*POSITION, *POSITION)),
        "oldest age": (outbox_sql.OLDEST_AGE, (*POSITION, *POSITION)),
        "backlog": (outbox_sql.BACKLOG, POSITION),
    }
    found = {
        name: await scans(connection, statement, *arguments)
        for connection, hot in ((api, of_api), (grown, of_relay))
        for name, (statement, arguments) in hot.items()
    }
    # Merchants fit into a page or two here, which a scan reads as fast as an index; what waits of bulks is counted.
    read_whole = {name: tables - {"merchants", "bulk_outbox"} for name, tables in found.items()}
    assert {name: tables for name, tables in read_whole.items() if tables} == {}


async def test_lines_to_record_are_looked_at_a_slice_at_a_time_before_there_are_statistics(grown):
    """By what the planner knows of a file that was just read, it has next to no line: so it sorts all that are left."""
    stored = grown.transaction()
    await stored.start()
    lines = "SELECT $1, 'm1', n, 'line', sha256(n::text::bytea), 'new' FROM generate_series(1, 20000) AS n"
    columns = "import_id, merchant_id, position, place, line_key, status"
    await grown.execute(f"INSERT INTO import_lines ({columns}) {lines}", ENTRY_ID)
    prepared = await grown.prepare(import_sql.WAITING)
    plan = str(await prepared.explain("m1", ENTRY_ID, 0, LOOKED_AT, ["new"], 1_000, analyze=True))
    await stored.rollback()
    assert max(float(rows) for rows in re.findall(r"'Actual Rows': ([0-9.]+)", plan)) <= LOOKED_AT < 20_000


async def test_twins_by_the_thousands_are_compared_by_hash(api):
    """A nested loop, or a merge of equal lines, would compare each with each."""
    async with api.transaction():
        await api.execute(NAME_TENANTS, "m1")
        await api.execute(import_sql.BY_HASH)
        prepared = await api.prepare(import_sql.COMPARED)
        plan = str(await prepared.explain("m1", ENTRY_ID, [date(2026, 1, 1)], False, None))
    assert "'Node Type': 'Merge Join'" not in plan
    assert plan.count("'Node Type': 'Hash Join'") >= 4


async def test_a_page_of_a_category_is_read_by_its_index(api):
    prepared = await api.prepare(sql.page([sql.PAGE_FILTERS["category"].format("$3")]))
    for category in ("vendas", "rara"):
        assert "entries_by_category" in str(await prepared.explain("m1", 50, category))


async def test_what_the_newest_entries_do_not_have_is_searched_for_by_its_index(api):
    prepared = await api.prepare(sql.search([], "$3"))
    for text in ("venda", "rara"):
        assert "entries_by_word" in str(await prepared.explain("m1", 50, text))


async def test_a_statement_that_lost_its_index_is_found_out(grown, scans):
    losing = grown.transaction()
    await losing.start()
    await grown.execute("DROP INDEX entries_by_day; ALTER TABLE entries DROP CONSTRAINT entries_reverses_own_fkey")
    await grown.execute("DROP INDEX entries_of_merchant")
    read_whole = await scans(grown, sql.page([]), "m1", 50)
    await losing.rollback()
    assert read_whole == {"entries"}


@pytest.mark.parametrize(
    "conditions", [[], ["(business_date, id) < ('2026-06-01', gen_random_uuid())", "direction = 'credit'"]]
)
async def test_a_page_of_entries_is_read_in_the_order_of_its_index(api, conditions):
    prepared = await api.prepare(sql.page(conditions))
    plan = str(await prepared.explain("m1", 50))
    assert "'Index Name': 'entries_by_day'" in plan
    assert "Sort" not in plan
