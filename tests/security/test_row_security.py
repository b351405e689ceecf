"""The second wall: an API's statement that errs reaches the rows of the merchant that it named, and nobody else's.

Each case runs twice: once as the database is, and once with the wall taken out, when the same statement does what it
should not.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

import asyncpg
import pytest
from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_chassis.postgres import open_pool
from fluxo_chassis.postgres.tenants import NAME_TENANTS
from fluxo_entries.adapters.postgres import import_sql, sql
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.insert import insert
from fluxo_entries.adapters.postgres.rows import columns_of, entries_as_lines, keys_as_lines
from fluxo_entries.application.recording.ports import EntryFilter
from fluxo_entries.domain.merchant import DEFAULT_TIME_ZONE

from services.balances.tests.conftest import recorded, uuid7  # noqa: F401 - fixtures
from services.entries.tests.conftest import recording  # noqa: F401 - the same

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
MINE, THEIRS = "padaria", "acougue"

with_and_without = pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])

IMPORT_OF = {MINE: uuid4(), THEIRS: uuid4()}


def new_import(who):
    return who, IMPORT_OF[who], None, bytes(32), "extrato.ofx", None, "BRL", datetime.now(UTC), None, False


TAKE_OUT = """
DO $$
DECLARE
    held text;
BEGIN
    FOR held IN SELECT oid::regclass FROM pg_class WHERE relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', held);
    END LOOP;
    IF to_regclass('own_entries') IS NOT NULL THEN
        CREATE OR REPLACE VIEW own_entries AS SELECT * FROM entries;
    END IF;
END
$$
"""


async def connect(url):
    return await asyncpg.connect(url, server_settings={"jit": "off"})


async def as_owner(database, statement):
    owner = await connect(database.owner_url)
    await owner.execute(statement)
    await owner.close()


@dataclass
class Held:
    """An API's role in a database that holds something of each of two merchants."""

    connection: asyncpg.Connection
    theirs: object


@pytest.fixture
async def api(request, entries_database, recording):  # noqa: F811 - the fixture
    connection = await connect(entries_database.api_url)
    written = [recording(key=f"key of {who}", merchant_id=who) for who in (MINE, THEIRS)]
    await insert(connection, written)
    for who in (MINE, THEIRS):
        async with connection.transaction():
            await connection.execute(NAME_TENANTS, who)
            await connection.execute(import_sql.ADD, *new_import(who))
            line = [[1], ["line 1"], *[[None]] * 7, [1], ["new"], *[[None]] * 6]
            await connection.execute(import_sql.ADD_LINES, who, IMPORT_OF[who], *line)
            await connection.execute("INSERT INTO import_mappings VALUES ($1, 'f', 'date=#1', now())", who)
    if not request.node.callspec.params["guarded"]:
        await as_owner(entries_database, TAKE_OUT)
    yield Held(connection, written[1])
    await connection.close()


@pytest.fixture
async def reader(request, balances_database, recorded):  # noqa: F811 - the fixture
    applied = [recorded(who, DAY, credit=5, category="vendas") for who in (MINE, THEIRS)]
    async with await open_pool(balances_database.url, application_name="t", max_size=1) as pool:
        await PostgresProjection(pool).apply(applied)
    if not request.node.callspec.params["guarded"]:
        await as_owner(balances_database, TAKE_OUT)
    connection = await connect(balances_database.api_url)
    yield Held(connection, applied[1])
    await connection.close()


def erring(statement):
    """A statement that names who asks, and then reads somebody else's."""
    assert "me.tenants" in statement
    return statement.replace("me.tenants", f"'{THEIRS}'")


READS = {
    "merchant": (sql.GET_MERCHANT, lambda _: ()),
    "entry": (sql.GET_ENTRY, lambda theirs: (theirs.entry.id,)),
    "page": (sql.page([]), lambda _: (10,)),
    "category": (sql.page([sql.PAGE_FILTERS["category"].format("$3")]), lambda _: (10, "vendas")),
    "search": (sql.search([], "$3"), lambda _: (10, "venda")),
    "keys": (sql.FIND_BY_KEYS, lambda theirs: ([THEIRS], [theirs.idempotency_key])),
    "import": (import_sql.GET, lambda _: (IMPORT_OF[THEIRS],)),
    "imports": (import_sql.PAGE, lambda _: (None, 10)),
    "lines": (import_sql.page_of_lines([]), lambda _: (IMPORT_OF[THEIRS], 0, 10)),
    "columns": (import_sql.KNOWN_COLUMNS, lambda _: (10,)),
}


@with_and_without
@pytest.mark.parametrize("read", READS)
async def test_a_read_that_errs_gets_no_entry_of_another(guarded, read, api):
    statement, arguments = READS[read]
    found = await api.connection.fetch(erring(statement), MINE, *arguments(api.theirs))
    assert bool(found) is not guarded
    assert await api.connection.fetch(statement, THEIRS, *arguments(api.theirs))


RELATIONS = ["own_entries", "merchants", "idempotency_keys", "imports", "import_lines", "import_mappings"]


@with_and_without
@pytest.mark.parametrize("relation", RELATIONS)
async def test_who_names_nobody_reads_nothing_and_writes_nothing(guarded, relation, api, recording):  # noqa: F811
    assert await api.connection.fetchval(f"SELECT count(*) FROM {relation}") == (0 if guarded else 2)
    await api.connection.fetch(sql.GET_MERCHANT, MINE)
    assert await api.connection.fetchval(f"SELECT count(*) FROM {relation}") == (0 if guarded else 2), (
        "named until then only"
    )


def writes(recording):  # noqa: F811 - the fixture's value
    """What another's row could be written by."""
    theirs = recording(merchant_id=THEIRS)
    return {
        "append": (sql.APPEND, MINE, DEFAULT_TIME_ZONE, *columns_of([theirs])),
        "keys": (sql.TAKE_KEYS, theirs.entry.business_date, *keys_as_lines([theirs])),
        "entries": (sql.RECORD, *entries_as_lines([theirs])),
        "merchants": (sql.ENSURE_MERCHANTS, MINE, ["another"], ["BRL"], DEFAULT_TIME_ZONE),
        "settings": (sql.SAVE_MERCHANT, THEIRS, "Mine", "BRL", DEFAULT_TIME_ZONE),
        "imports": (
            *(import_sql.ADD, THEIRS, uuid4(), "another"),
            *(bytes(31) + b"1", "f", None, "BRL", datetime.now(UTC), None, False),
        ),
        "imported": (import_sql.ADD_RECORDED, THEIRS, [bytes(32)], [1], [theirs.entry.id], [None], [False]),
    }


@with_and_without
@pytest.mark.parametrize("write", ["append", "keys", "entries", "merchants", "settings", "imports", "imported"])
async def test_a_write_that_errs_is_refused(guarded, write, api, recording):  # noqa: F811 - the fixture
    statement, *arguments = writes(recording)[write]
    async with api.connection.transaction():
        await api.connection.execute(NAME_TENANTS, MINE)
        if guarded:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with api.connection.transaction():
                    await api.connection.execute(statement, *arguments)
        else:
            await api.connection.execute(statement, *arguments)


BALANCES = {
    "day": (read_sql.DAYS, lambda _: ([DAY], [DAY.replace(day=1)])),
    "range": (read_sql.RANGE, lambda _: (DAY, DAY.replace(day=1), DAY)),
    "categories": (read_sql.CATEGORIES, lambda _: (DAY, DAY)),
    "positions": (read_sql.POSITIONS, lambda _: ()),
    "applied": (read_sql.APPLIED, lambda theirs: ([theirs.id],)),
}


@with_and_without
@pytest.mark.parametrize("read", BALANCES)
async def test_a_read_that_errs_gets_no_balance_of_another(guarded, read, reader):
    statement, arguments = BALANCES[read]
    # A day without entries is a row too, of nothing.
    nothing = (None, 0)
    rows = await reader.connection.fetch(erring(statement), MINE, *arguments(reader.theirs))
    assert any(value not in nothing for row in rows for value in row) is not guarded
    rows = await reader.connection.fetch(statement, THEIRS, *arguments(reader.theirs))
    assert any(value not in nothing for row in rows for value in row)


async def test_merchants_in_turns_on_two_connections_see_their_own_and_nothing_is_left_behind(
    entries_database,
    recording,  # noqa: F811 - the fixture
):
    merchants = [f"m{n}" for n in range(5)]
    async with await open_pool(entries_database.api_url, application_name="t", max_size=2) as pool:
        async with pool.acquire() as connection:
            await insert(connection, [recording(merchant_id=who) for who in merchants for _ in range(3)])
        entries = PostgresEntries(pool)

        async def look(number):
            if number % 3 == 0:
                return None, {row["merchant_id"] for row in await pool.fetch("SELECT merchant_id FROM own_entries")}
            asked = EntryFilter(text="venda" if number % 2 else "")
            who = merchants[number % 5]
            page = await entries.page(who, asked, None, 10)
            assert len(page) == 3
            return who, {each.entry.merchant_id for each in page}

        # Not all at once: who waits too long for a connection is refused.
        seen = [each for at in range(0, 300, 20) for each in await asyncio.gather(*map(look, range(at, at + 20)))]
    assert all(whose == (set() if who is None else {who}) for who, whose in seen)
