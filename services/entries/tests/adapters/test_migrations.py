import asyncpg
import pytest
from fluxo_chassis.migrations.runner import downgrade
from fluxo_entries.bootstrap import migrate

pytestmark = pytest.mark.anyio

SCRIPTS = "fluxo_entries:migrations"


async def relations(url):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(
            """
            SELECT 'relation' AS kind, relname::text AS name FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic%'
            UNION ALL
            SELECT 'function', proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT 'right', relname || ' ' || array_to_string(relacl, ' ') FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relacl IS NOT NULL
            UNION ALL
            SELECT 'policy', concat_ws(' ', tablename, policyname, roles, qual) FROM pg_policies
            ORDER BY 1, 2
            """
        )
    finally:
        await connection.close()


async def test_each_revision_goes_up_down_and_up_again(entries_database, entries_template):
    schema = {"owner_url": entries_database.owner_url, "app_role": entries_template.app}
    api_role = entries_template.api
    newest = await relations(entries_database.owner_url)
    for revision in ("0011", "0005", "0004", "0003", "0002", "0001", "base"):
        downgrade(SCRIPTS, **schema, revision=revision)
        lower = await relations(entries_database.owner_url)
        assert len(lower) < len(newest)
        migrate(**schema, api_role=api_role)
        assert await relations(entries_database.owner_url) == newest
        downgrade(SCRIPTS, **schema, revision=revision)
        assert await relations(entries_database.owner_url) == lower
    assert lower == []


async def test_migrating_a_migrated_database_changes_nothing(entries_database, entries_template):
    before = await relations(entries_database.owner_url)
    roles = {"app_role": entries_template.app, "api_role": entries_template.api}
    migrate(owner_url=entries_database.owner_url, **roles)
    assert await relations(entries_database.owner_url) == before
