"""Each revision leaves the code that is running what it uses, and holds no lock for long.

Held against PostgreSQL's catalogue before and after, not against the revision's text: so it does not matter how a
revision says what it does.
"""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from fluxo_chassis.migrations.runner import upgrade

from tests.harness.databases import empty_database

pytestmark = pytest.mark.anyio

SERVICES = ("fluxo_entries:migrations", "fluxo_balances:migrations")

HOW_TO_CONTRACT = (
    "while it is applied, the release before still runs. Add the new beside the old now, and take the old away in a "
    'later revision that says contracts_after = "<the first release that does without it>"'
)

# What code that runs may rely on, one sentence each.
RELIED_ON = """
WITH relation AS (SELECT oid, relname, relacl FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')),
attribute AS (SELECT relname || '.' || attname AS name, attnotnull,
        atthasdef OR attidentity <> '' AS is_filled_in, format_type(atttypid, atttypmod) AS type
    FROM pg_attribute JOIN relation ON oid = attrelid WHERE attnum > 0 AND NOT attisdropped)
SELECT 'there is ' || relname FROM relation
UNION ALL SELECT name || ' is ' || type FROM attribute
UNION ALL SELECT name || ' may be null' FROM attribute WHERE NOT attnotnull
UNION ALL SELECT name || ' may be left out' FROM attribute WHERE NOT attnotnull OR is_filled_in
UNION ALL SELECT format('%s may be called and returns %s', oid::regprocedure, prorettype::regtype)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT relname || ' is unique by ' || regexp_replace(pg_get_indexdef(indexrelid), '.* USING ', '')
    FROM pg_index JOIN relation ON oid = indrelid WHERE indisunique
UNION ALL SELECT format('%s may %s %s', grantee::regrole, privilege_type, relname)
    FROM relation, aclexplode(relacl)
UNION ALL SELECT format('%s may %s %s', grantee::regrole, privilege_type, oid::regprocedure)
    FROM pg_proc, aclexplode(proacl) WHERE pronamespace = 'public'::regnamespace AND grantee <> 0
"""
TABLES = """
SELECT relname, relfilenode, array(
    SELECT attname::text FROM pg_attribute WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped) AS columns
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
# What restricts a table's rows; `made_by` is the transaction. A unique index over a key and more restricts nothing.
RESTRICTIONS = """
SELECT conrelid::regclass::text AS relname, conname AS name, convalidated AS is_validated, 'constraint' AS kind,
    array(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey)) AS columns,
    true AS is_unique, xmin::text AS made_by
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'x')
UNION ALL
SELECT indrelid::regclass::text, relname, true, 'index',
    array(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY(indkey::int2[])),
    indisunique AND NOT EXISTS (
        SELECT FROM pg_index AS narrower WHERE narrower.indrelid = pg_index.indrelid
            AND narrower.indexrelid <> pg_index.indexrelid AND narrower.indisunique AND narrower.indpred IS NULL
            AND 0 <> ALL (narrower.indkey::int2[]) AND narrower.indkey::int2[] <@ pg_index.indkey::int2[]
    ), pg_class.xmin::text
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class Catalogue:
    relied_on: frozenset[str]
    tables: dict[str, asyncpg.Record]
    restrictions: dict[tuple[str, str], asyncpg.Record]

    @classmethod
    async def of(cls, connection: asyncpg.Connection) -> "Catalogue":
        return cls(
            frozenset(row[0] for row in await connection.fetch(RELIED_ON)),
            {row["relname"]: row for row in await connection.fetch(TABLES)},
            {(row["relname"], row["name"]): row for row in await connection.fetch(RESTRICTIONS)},
        )


def taken_away(before: Catalogue, after: Catalogue) -> Iterator[str]:
    """Yield what code that worked before can no longer count on."""
    yield from (f"no longer: {fact}" for fact in before.relied_on - after.relied_on)
    for name, table in after.tables.items():
        if known := before.tables.get(name):
            for column in set(table["columns"]) - set(known["columns"]):
                if f"{name}.{column} may be left out" not in after.relied_on:
                    yield f"{name}.{column} is new, and must be given"
    for (table, name), restriction in new_restrictions(before, after):
        if restriction["is_unique"] and set(restriction["columns"]) & set(before.tables[table]["columns"]):
            yield f"{name} restricts {table}"


def long_locks(before: Catalogue, after: Catalogue, transaction: str) -> Iterator[str]:
    """Yield what kept a table from its users for as long as it is big."""
    for name, table in before.tables.items():
        if name in after.tables and after.tables[name]["relfilenode"] != table["relfilenode"]:
            yield f"{name} was written anew"
    for (table, name), restriction in new_restrictions(before, after):
        if restriction["kind"] == "index" and restriction["made_by"] == transaction:
            yield f"index {name} was built while {table} could not be written to: create_index_concurrently"
        if restriction["kind"] == "constraint" and restriction["is_validated"]:
            yield f"{name} was checked while {table} was locked: NOT VALID now, VALIDATE CONSTRAINT in a later revision"


def new_restrictions(before: Catalogue, after: Catalogue) -> list[tuple[tuple[str, str], asyncpg.Record]]:
    return [
        (key, restriction)
        for key, restriction in after.restrictions.items()
        if key not in before.restrictions and key[0] in before.tables
    ]


@pytest.fixture(scope="module")
async def one_for_all(postgres_url, anyio_backend):
    async with empty_database(postgres_url, "revisions") as database:
        yield database


@pytest.fixture
async def database(one_for_all):
    """URL of an empty database, and a role for the application."""
    async with connected(one_for_all[0]) as connection:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return one_for_all


@asynccontextmanager
async def connected(url):
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def revisions(scripts):
    config = Config()
    config.set_main_option("script_location", scripts)
    return list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))


@pytest.mark.parametrize("scripts", SERVICES)
async def test_a_revision_takes_nothing_away_unless_it_says_so_and_never_blocks(scripts, database):
    url, app_role = database
    async with connected(url) as connection:
        for revision in revisions(scripts):
            before = await Catalogue.of(connection)
            await asyncio.to_thread(upgrade, scripts, owner_url=url, app_role=app_role, revision=revision.revision)
            after = await Catalogue.of(connection)
            transaction = await connection.fetchval("SELECT xmin::text FROM alembic_version")
            where = f"{scripts} {revision.revision}"
            assert list(long_locks(before, after, transaction)) == [], where
            missing = list(taken_away(before, after))
            if contracts_after := getattr(revision.module, "contracts_after", None):
                assert isinstance(contracts_after, str), where
                assert missing, f"{where} says that it contracts, and takes nothing away"
            else:
                assert missing == [], f"{where}: {HOW_TO_CONTRACT}"


NOTES = """
CREATE TABLE authors (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY, text text DEFAULT '', size int NOT NULL DEFAULT 0, author int);
CREATE FUNCTION measure(note text) RETURNS int LANGUAGE sql AS 'SELECT length(note)';
INSERT INTO notes (id) SELECT generate_series(1, 10);
"""


async def judged(url, statement):
    """Return what the statement takes away, and what it holds up."""
    async with connected(url) as connection:
        await connection.execute(NOTES)
        before = await Catalogue.of(connection)
        if "CONCURRENTLY" in statement:
            await connection.execute(statement)
            transaction = "0"
        else:
            async with connection.transaction():
                await connection.execute(statement)
                transaction = str(await connection.fetchval("SELECT pg_current_xact_id()"))
        after = await Catalogue.of(connection)
        return list(taken_away(before, after)), list(long_locks(before, after, transaction))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE others (id int PRIMARY KEY, note int REFERENCES notes); CREATE INDEX ON others (note)",
        "ALTER TABLE notes ADD COLUMN colour text",
        "ALTER TABLE notes ADD COLUMN colour text NOT NULL DEFAULT 'white'",
        "CREATE INDEX CONCURRENTLY ON notes (text)",
        "CREATE UNIQUE INDEX CONCURRENTLY ON notes (author, id)",
        "CREATE OR REPLACE FUNCTION measure(note text) RETURNS int LANGUAGE sql AS 'SELECT 2 * length(note)'",
        "ALTER TABLE notes ALTER COLUMN size DROP NOT NULL",
        "ALTER TABLE notes ADD COLUMN colour text; ALTER TABLE notes ADD CHECK (colour <> '') NOT VALID",
    ],
)
async def test_what_only_adds_is_fine(database, statement):
    assert await judged(database[0], statement) == ([], [])


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("DROP TABLE authors", "no longer: there is authors"),
        ("ALTER TABLE notes RENAME TO remarks", "no longer: there is notes"),
        ("ALTER TABLE notes DROP COLUMN text", "no longer: notes.text is text"),
        ("ALTER TABLE notes RENAME COLUMN text TO body", "no longer: notes.text is text"),
        ("ALTER TABLE notes ALTER COLUMN text TYPE varchar(5)", "no longer: notes.text is text"),
        ("ALTER TABLE notes ALTER COLUMN text SET NOT NULL", "no longer: notes.text may be null"),
        ("ALTER TABLE notes ALTER COLUMN size DROP DEFAULT", "no longer: notes.size may be left out"),
        ("TRUNCATE notes; ALTER TABLE notes ADD COLUMN colour text NOT NULL", "notes.colour is new, and must be given"),
        ("ALTER TABLE notes DROP CONSTRAINT notes_pkey", "no longer: notes is unique by btree (id)"),
        ("ALTER TABLE notes ADD CONSTRAINT short CHECK (size < 9) NOT VALID", "short restricts notes"),
        ("CREATE UNIQUE INDEX CONCURRENTLY once ON notes (author)", "once restricts notes"),
        ("DROP FUNCTION measure(text)", "no longer: measure(text) may be called and returns integer"),
    ],
)
async def test_what_takes_something_away_is_named(database, statement, complaint):
    assert complaint in (await judged(database[0], statement))[0]


async def test_a_right_that_is_revoked_is_named(database):
    url, role = database
    async with connected(url) as connection:
        await connection.execute(f"{NOTES} GRANT SELECT ON notes TO {role}")
        before = await Catalogue.of(connection)
        await connection.execute(f"REVOKE SELECT ON notes FROM {role}")
        assert list(taken_away(before, await Catalogue.of(connection))) == [f"no longer: {role} may SELECT notes"]


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("CREATE INDEX by_text ON notes (text)", "index by_text was built"),
        ("ALTER TABLE notes ADD UNIQUE (text, id)", "index notes_text_id_key was built"),
        ("ALTER TABLE notes ADD CONSTRAINT short CHECK (size < 9)", "short was checked"),
        ("ALTER TABLE notes ADD FOREIGN KEY (author) REFERENCES authors", "notes_author_fkey was checked"),
        ("ALTER TABLE notes ALTER COLUMN size TYPE bigint", "notes was written anew"),
        ("ALTER TABLE notes ADD COLUMN key uuid DEFAULT gen_random_uuid()", "notes was written anew"),
    ],
)
async def test_what_holds_a_lock_for_long_is_named(database, statement, complaint):
    assert any(found.startswith(complaint) for found in (await judged(database[0], statement))[1])
