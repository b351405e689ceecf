import secrets
from urllib.parse import quote

import asyncpg
import pytest
from fluxo_balances.bootstrap.migrations import SCRIPTS, migrate, migrate_by_settings
from fluxo_balances.settings import MigrateSettings
from fluxo_chassis.migrations.runner import downgrade

from tests.harness.databases import empty_database

pytestmark = pytest.mark.anyio

TABLES = {
    "inbox",
    "day_totals",
    "month_totals",
    "category_totals",
    "category_names",
    "merchants",
    "merchant_settings",
    "api_keys",
    "rebuild",
}


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows} - {"alembic_version"}


async def test_the_schema_goes_up_down_and_up_again(balances_database, balances_template):
    database = balances_database
    assert await tables(database.url) == TABLES
    downgrade(SCRIPTS, owner_url=database.owner_url, app_role=balances_template.app, revision="base")
    assert await tables(database.url) == set()
    migrate(owner_url=database.owner_url, app_role=balances_template.app)
    assert await tables(database.url) == TABLES
    migrate(owner_url=database.owner_url, app_role=balances_template.app)


async def test_the_role_in_the_applications_url_is_granted_its_rights_whatever_its_name(postgres_url, logging_restored):
    role = f'app "of" a@shop {secrets.token_hex(4)}'
    quoted = role.replace('"', '""')
    async with empty_database(postgres_url, "balances") as (owner_url, _):
        connection = await asyncpg.connect(owner_url)
        await connection.execute(f'CREATE ROLE "{quoted}"')
        try:
            migrate_by_settings(
                MigrateSettings(
                    balances_database_url=f"postgresql://{quote(role, safe='')}@nowhere/balances",
                    balances_migration_database_url=owner_url,
                )
            )
            rights = "SELECT has_table_privilege($1, $2, 'SELECT')"
            assert [await connection.fetchval(rights, role, table) for table in sorted(TABLES)] == [True] * len(TABLES)
        finally:
            await connection.execute(f'DROP OWNED BY "{quoted}"; DROP ROLE "{quoted}"')
            await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM day_totals",
        "DELETE FROM month_totals",
        "DELETE FROM category_totals",
        "DELETE FROM category_names",
        "DELETE FROM merchants",
        "UPDATE inbox SET merchant_id = 'other'",
        "INSERT INTO rebuild VALUES (gen_random_uuid())",
        "UPDATE rebuild SET mark = gen_random_uuid()",
        *(f"TRUNCATE {table}" for table in sorted(TABLES)),
        *(f"DROP TABLE {table}" for table in sorted(TABLES)),
        "CREATE TABLE own (id int)",
        "CREATE TEMPORARY TABLE own (id int)",
    ],
)
async def test_the_application_may_do_only_what_it_must(pool, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


@pytest.mark.parametrize("table", ["day_totals", "month_totals", "category_totals"])
async def test_totals_have_no_index_but_their_key_so_that_updates_stay_heap_only(pool, table):
    indexes = await pool.fetch("SELECT indexdef FROM pg_indexes WHERE tablename = $1", table)
    assert len(indexes) == 1
    assert "INCLUDE" not in indexes[0]["indexdef"]
    options = await pool.fetchval("SELECT reloptions FROM pg_class WHERE relname = $1", table)
    assert options == ["fillfactor=80"]
