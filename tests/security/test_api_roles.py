"""What the APIs' roles may do in the databases, and that no table of merchants' rows is forgotten."""

import asyncpg
import pytest

pytestmark = pytest.mark.anyio

UNHELD = """
SELECT relname::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND attname = 'merchant_id' AND CASE
    WHEN relkind IN ('r', 'p') THEN NOT relrowsecurity OR ARRAY['of_all {' || $1 || '}', 'of_tenants {public}'] <>
        ARRAY(SELECT policyname || ' ' || roles::text FROM pg_policies WHERE tablename = relname ORDER BY 1)
    WHEN relkind = 'v' THEN pg_get_viewdef(pg_class.oid) NOT LIKE '%fluxo.tenants%'
END
"""

RELAYS = [
    "SELECT drop_outbox_partitions(1, '3', 1, '1 day')",
    "SELECT create_outbox_partitions(1)",
    "SELECT make_outbox_partitions(1)",
    "SELECT raise_outbox_generation(1)",
    "SELECT pass_outbox_horizon()",
    "SELECT move_bulk_events()",
    "SELECT events FROM bulk_outbox",
    "SELECT purge_idempotency_keys(1)",
    "SELECT purge_import_lines(1)",
    "SELECT event FROM outbox",
    "SELECT * FROM outbox_generation",
    "SELECT * FROM entries",
    "UPDATE entries SET amount_minor = 1",
    "DELETE FROM entries",
    "DELETE FROM idempotency_keys",
    "DELETE FROM merchants",
    "UPDATE day_closes SET by = 'nobody'",
    "UPDATE acknowledged SET seq = 1",
    "CREATE TABLE own ()",
    "CREATE TEMPORARY TABLE own ()",
    "CREATE FUNCTION own() RETURNS int LANGUAGE sql RETURN 1",
]
PROJECTORS = [
    "INSERT INTO inbox VALUES (gen_random_uuid(), 'padaria')",
    "DELETE FROM inbox",
    "UPDATE day_totals SET credits_minor = 0",
    "UPDATE merchants SET currency = 'USD'",
    "DELETE FROM rebuild",
    "CREATE TEMPORARY TABLE own ()",
]


@pytest.fixture
def database(request):
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def template(request):
    return request.getfixturevalue(f"{request.param}_template")


@pytest.mark.parametrize(
    ("database", "statement"),
    [("entries", each) for each in RELAYS] + [("balances", each) for each in PROJECTORS],
    indirect=["database"],
)
async def test_an_api_may_do_nothing_that_workers_do(database, statement):
    api = await asyncpg.connect(database.api_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute(statement)
    await api.close()


@pytest.mark.parametrize(("database", "template"), [(each, each) for each in ("entries", "balances")], indirect=True)
async def test_every_table_of_merchants_rows_is_held(database, template):
    owner = await asyncpg.connect(database.owner_url)
    assert await owner.fetch(UNHELD, template.app) == []
    await owner.execute("CREATE TABLE more (merchant_id text); CREATE VIEW all_of_them AS SELECT merchant_id FROM more")
    assert {row["relname"] for row in await owner.fetch(UNHELD, template.app)} == {"more", "all_of_them"}
    await owner.execute("DROP VIEW all_of_them")
    roles = {"app_role": template.app, "api_role": template.api}
    template.migrate(owner_url=database.owner_url, **roles)
    assert await owner.fetch(UNHELD, template.app) == [], "to migrate holds what a later release adds"
    await owner.close()
