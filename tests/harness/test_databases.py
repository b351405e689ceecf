"""A test gets a database as the migrations left it, and most get one that served before."""

import asyncpg
import pytest

from tests.harness.databases import Database, DatabaseTemplate

pytestmark = pytest.mark.anyio

MERCHANTS = {
    "entries": "INSERT INTO merchants SELECT 'm' || n, 'Padaria', 'BRL', 'UTC' FROM generate_series(1, $1) AS n",
    "balances": "INSERT INTO merchants SELECT 'm' || n, 'BRL', now(), 1 FROM generate_series(1, $1) AS n",
}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture(params=MERCHANTS)
def template(request) -> DatabaseTemplate:
    return request.getfixturevalue(f"{request.param}_template")


async def fetched(database: Database, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def rows(database: Database) -> dict[str, list[asyncpg.Record]]:
    return {name: await fetched(database, f"TABLE {name}") for name, *_ in await fetched(database, TABLES)}


async def fill(database: Database, template: DatabaseTemplate, count: int) -> None:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute("SELECT nextval(format('%I', sequencename)::regclass) FROM pg_sequences")
        await connection.fetch(MERCHANTS[template.name.partition("_")[0]], count)
    finally:
        await connection.close()


@pytest.mark.parametrize("count", [1, 5_000], ids=["few", "many"])
async def test_after_a_test_that_changed_rows_only_a_database_is_as_new(template, count):
    database = await template.create()
    before = await rows(database)
    await fill(database, template, count)
    assert await rows(database) != before

    await template.drop(database)

    again = await template.create()
    assert again == database
    assert await rows(again) == before
    assert {each["last_value"] for each in await fetched(again, "SELECT last_value FROM pg_sequences")} <= {None}
    await template.drop(again)


async def test_a_test_that_changed_more_than_rows_leaves_its_database_to_nobody(template):
    database = await template.create()
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute("ALTER TABLE merchants ADD COLUMN changed int")
    await connection.close()

    await template.drop(database)

    another = await template.create()
    assert another != database
    await template.drop(another)
