import asyncio
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from fluxo_chassis.migrations import downgrade, migrate

pytestmark = pytest.mark.anyio

FIRST = '''
from alembic import context, op
from fluxo_chassis.migrations import run_sql
revision, down_revision, branch_labels, depends_on = "0001", None, None, None

def upgrade():
    run_sql("""
        CREATE TABLE notes (id int, text text DEFAULT '100% :sure; yes');
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN RAISE EXCEPTION 'no; never'; END; $body$;
        CREATE TRIGGER refuse BEFORE DELETE ON notes FOR EACH ROW EXECUTE FUNCTION refuse();
    """)
    if app_role := context.config.attributes["app_role"]:
        op.execute(f'GRANT SELECT ON notes TO "{app_role}"')

def downgrade():
    run_sql("DROP TABLE notes; DROP FUNCTION refuse()")
'''
SECOND = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None

def upgrade():
    op.execute("ALTER TABLE notes ADD COLUMN size int")

def downgrade():
    op.execute("ALTER TABLE notes DROP COLUMN size")
"""
BROKEN = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0003", "0002", None, None

def upgrade():
    op.execute("CREATE TABLE half_done (id int)")
    op.execute("SELECT 1 FROM nowhere")
"""


class Service:
    """A package with revisions, as a service has."""

    def __init__(self, directory, name):
        self.scripts = f"{name}:migrations"
        self._versions = directory / name / "migrations" / "versions"
        self._versions.mkdir(parents=True)
        (directory / name / "__init__.py").touch()
        self.add("0001_notes", FIRST)
        self.add("0002_size", SECOND)

    def add(self, name, source):
        (self._versions / f"{name}.py").write_text(source)


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    name = f"service_{secrets.token_hex(4)}"
    yield Service(tmp_path, name)
    sys.modules.pop(name, None)


@pytest.fixture
async def database(postgres_url, anyio_backend):
    name = f"chassis_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.execute(f"CREATE ROLE {name}_app")
    yield postgres_url.rpartition("/")[0] + f"/{name}", f"{name}_app"
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE {name}_app")
    await admin.close()


async def ask(url, question):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
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


async def test_a_script_means_what_it_says_and_the_role_is_granted(service, database):
    url, role = database
    migrate(service.scripts, owner_url=url, app_role=role)
    assert await ask(url, "INSERT INTO notes (id) VALUES (1) RETURNING text") == "100% :sure; yes"
    with pytest.raises(asyncpg.RaiseError, match="no; never"):
        await ask(url, "DELETE FROM notes")
    assert await ask(url, f"SELECT has_table_privilege('{role}', 'notes', 'SELECT')")
    assert not await ask(url, f"SELECT has_table_privilege('{role}', 'notes', 'INSERT')")


async def test_processes_that_start_together_wait_for_each_other(service, database):
    url, _ = database
    program = (
        "import sys; from fluxo_chassis.migrations import migrate;"
        f"sys.path.insert(0, {str(service._versions.parents[2])!r});"
        f"migrate({service.scripts!r}, owner_url={url!r}, app_role=None)"
    )
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    assert await ask(url, "SELECT version_num FROM alembic_version") == "0002"


async def test_threads_of_one_process_wait_for_each_other_too(service, database):
    url, _ = database
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: migrate(service.scripts, owner_url=url, app_role=None), range(3)))
    assert await ask(url, COLUMNS) == 3


async def test_a_revision_that_fails_leaves_everything_as_it_was(service, database):
    url, _ = database
    service.add("0003_broken", BROKEN)
    with pytest.raises(Exception, match="nowhere"):
        migrate(service.scripts, owner_url=url, app_role=None)
    assert await ask(url, "SELECT to_regclass('half_done') IS NULL AND to_regclass('notes') IS NULL")
