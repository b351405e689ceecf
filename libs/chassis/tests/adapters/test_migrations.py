import asyncio
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from fluxo_chassis.migrations import app_role_of, migrate, runner
from fluxo_chassis.migrations.runner import downgrade

pytestmark = pytest.mark.anyio

BROKEN = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0003", "0002", None, None

def upgrade():
    op.execute("CREATE TABLE half_done (id int)")
    op.execute("SELECT 1 FROM nowhere")
"""


async def ask(url, question, *arguments):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *arguments)
    finally:
        await connection.close()


COLUMNS = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes'"


async def test_up_down_and_up_again(service, database):
    url, role = database
    for _ in range(2):
        migrate(service.scripts, owner_url=url, app_role=role)
        migrate(service.scripts, owner_url=url, app_role=role)
        assert await ask(url, COLUMNS) == 3
        downgrade(service.scripts, owner_url=url, app_role=role, revision="0001")
        assert await ask(url, COLUMNS) == 2
        downgrade(service.scripts, owner_url=url, app_role=role, revision="base")
        assert await ask(url, COLUMNS) == 0


async def test_what_migrates_is_not_even_loaded_when_there_is_nothing_to_do(service, database, monkeypatch):
    url, role = database
    migrate(service.scripts, owner_url=url, app_role=role)
    monkeypatch.delattr(runner, "upgrade")
    migrate(service.scripts, owner_url=url, app_role=role)
    service.add("0003_more", BROKEN)
    with pytest.raises(ImportError):
        migrate(service.scripts, owner_url=url, app_role=role)


async def test_a_script_means_what_it_says_and_the_role_is_granted(service, database):
    url, role = database
    migrate(service.scripts, owner_url=url, app_role=role)
    assert await ask(url, "INSERT INTO notes (id) VALUES (1) RETURNING text") == "100% :sure; yes"
    with pytest.raises(asyncpg.RaiseError, match="no; never"):
        await ask(url, "DELETE FROM notes")
    assert await ask(url, f"SELECT has_table_privilege('{role}', 'notes', 'SELECT')")
    assert not await ask(url, f"SELECT has_table_privilege('{role}', 'notes', 'INSERT')")


async def test_a_role_of_any_name_is_granted_its_rights(service, database):
    url, _ = database
    name = f'app "of" a@shop {secrets.token_hex(4)}'
    quoted = name.replace('"', '""')
    await ask(url, f'CREATE ROLE "{quoted}"')
    try:
        migrate(service.scripts, owner_url=url, app_role=name)
        granted = "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = 'notes' AND grantee = $1"
        assert await ask(url, granted, name) == name
    finally:
        await ask(url, f'DROP OWNED BY "{quoted}"')
        await ask(url, f'DROP ROLE "{quoted}"')


@pytest.mark.parametrize(
    ("app_url", "owner_url", "role"),
    [
        ("postgresql://app%40shop:pw@db/x", "postgresql://owner@db/x", "app@shop"),
        ("postgresql://owner@db/x", "postgresql://owner:pw@db/x", None),
        ("postgresql://db/x", "postgresql://owner@db/x", None),
    ],
)
def test_the_role_is_the_user_of_the_applications_url_unless_that_is_the_owner(app_url, owner_url, role):
    assert app_role_of(app_url, owner_url) == role


async def test_processes_that_start_together_wait_for_each_other(service, database):
    url, _ = database
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", service.program(url)) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    assert await ask(url, "SELECT version_num FROM alembic_version") == "0002"


async def test_threads_of_one_process_wait_for_each_other_too(service, database):
    url, _ = database
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: migrate(service.scripts, owner_url=url, app_role=None), range(3)))
    assert await ask(url, COLUMNS) == 3


async def test_nothing_of_a_revision_that_fails_stays_and_those_before_it_do(service, database):
    url, _ = database
    service.add("0003_broken", BROKEN)
    with pytest.raises(Exception, match="nowhere"):
        migrate(service.scripts, owner_url=url, app_role=None)
    assert await ask(url, "SELECT to_regclass('half_done') IS NULL AND to_regclass('notes') IS NOT NULL")
    assert await ask(url, "SELECT version_num FROM alembic_version") == "0002"
    service.add("0003_broken", BROKEN.replace("nowhere", "notes"))
    migrate(service.scripts, owner_url=url, app_role=None)
    assert await ask(url, "SELECT version_num FROM alembic_version") == "0003"
