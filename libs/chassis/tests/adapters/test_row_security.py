import asyncio
import secrets

import asyncpg
import pytest
from fluxo_chassis.migrations import TenantRole, api_role_of, migrate
from fluxo_chassis.migrations.lock_waits import MigrationBlockedError
from fluxo_chassis.postgres.tenants import NAME_TENANTS, of_tenants

pytestmark = pytest.mark.anyio

OF_SHOPS = """
from fluxo_chassis.migrations.runner import run_sql
revision, down_revision, branch_labels, depends_on = "0003", "0002", None, None

def upgrade():
    run_sql('CREATE TABLE "of Shops" (shop text, thing text); CREATE TABLE of_all_shops (thing text)')
"""
THINGS = of_tenants('SELECT thing FROM "of Shops" WHERE shop = me.tenants ORDER BY thing')


@pytest.fixture
async def owner(service, database):
    service.add("0003_shops", OF_SHOPS)
    connection = await asyncpg.connect(database[0])
    yield connection
    await connection.close()


@pytest.fixture
async def shopkeeper(owner):
    """A role of any name, as which `owner`'s session may go on."""
    name = f'api "of" a@shop {secrets.token_hex(4)}'
    quoted = '"{}"'.format(name.replace('"', '""'))
    await owner.execute(f"CREATE ROLE {quoted}")
    yield TenantRole(name, "shop", ['SELECT, INSERT ON "of Shops"'])
    await owner.execute(f"RESET ROLE; DROP OWNED BY {quoted}; DROP ROLE {quoted}")


@pytest.fixture
def hold(service, database, shopkeeper):
    def run(app_role=database[1], **changes):
        return asyncio.to_thread(
            migrate, service.scripts, owner_url=database[0], app_role=app_role, tenant_role=shopkeeper, **changes
        )

    return run


async def policies(owner):
    return await owner.fetch(
        "SELECT tablename, policyname, roles::text, xmin FROM pg_policies, pg_policy ORDER BY 1, 2"
    )


async def test_rows_of_several_tenants_are_seen_by_those_who_name_them(owner, hold, shopkeeper):
    await hold()
    await owner.execute("SELECT set_config('role', $1, false)", shopkeeper.name)
    assert await owner.fetch(THINGS, "ana") == []
    async with owner.transaction():
        await owner.execute(NAME_TENANTS, "ana,bia")
        await owner.execute("""INSERT INTO "of Shops" VALUES ('ana', 'cup'), ('bia', 'pan')""")
        assert await owner.fetchval('SELECT count(*) FROM "of Shops"') == 2
    assert [row["thing"] for row in await owner.fetch(THINGS, "bia")] == ["pan"]
    assert await owner.fetchval('SELECT count(*) FROM "of Shops"') == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.fetch("SELECT * FROM of_all_shops")


async def test_it_is_done_once_and_anew_when_the_workers_work_as_another(owner, hold, database):
    await hold()
    done = await policies(owner)
    await hold()
    assert await policies(owner) == done
    other = f"{database[1]}_2"
    await owner.execute(f"CREATE ROLE {other}")
    await hold(other)
    assert {row["roles"] for row in await policies(owner)} == {f"{{{other}}}", "{public}"}
    await owner.execute(f'DROP POLICY of_all ON "of Shops"; DROP OWNED BY {other}; DROP ROLE {other}')


async def test_where_workers_are_the_owner_there_is_one_policy(owner, hold):
    await hold(None)
    assert [row["policyname"] for row in await policies(owner)] == ["of_tenants"]


async def test_a_table_in_use_is_waited_for_and_keeps_its_users(owner, hold, database):
    await hold(None)
    await owner.execute('ALTER TABLE "of Shops" DISABLE ROW LEVEL SECURITY')
    reading = owner.transaction()
    await reading.start()
    await owner.fetch('SELECT * FROM "of Shops"')
    with pytest.raises(MigrationBlockedError, match=r'row-level security of "of Shops" .* held by process'):
        await hold(None, patience_s=0.1)
    holding = asyncio.create_task(hold(None))
    other = await asyncpg.connect(database[0], command_timeout=5)
    for _ in range(20):
        await other.fetch('SELECT * FROM "of Shops"')
    await other.close()
    assert not holding.done()
    await reading.rollback()
    await holding
    assert await owner.fetchval("""SELECT relrowsecurity FROM pg_class WHERE relname = 'of Shops'""")


@pytest.mark.parametrize(
    ("api_url", "role"),
    [("postgresql://api:x@db/shop", "api"), (None, None), ("//owner@db/shop", None), ("//app@db/shop", None)],
)
def test_an_api_that_works_as_another_has_no_role_of_its_own(api_url, role):
    assert api_role_of(api_url, "postgresql://owner@db/shop", "app") == role
