"""A service with migrations, as small as it may be, and a database for it."""

import secrets
import sys

import pytest

from tests.harness.databases import empty_database

FIRST = '''
from fluxo_chassis.migrations.grants import grant
from fluxo_chassis.migrations.runner import run_sql
revision, down_revision, branch_labels, depends_on = "0001", None, None, None

def upgrade():
    run_sql("""
        CREATE TABLE notes (id int, text text DEFAULT '100% :sure; yes');
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN RAISE EXCEPTION 'no; never'; END; $body$;
        CREATE TRIGGER refuse BEFORE DELETE ON notes FOR EACH ROW EXECUTE FUNCTION refuse();
    """)
    grant("SELECT ON notes")

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

    def program(self, url):
        """The same migration, for a process of its own."""
        return (
            "import sys; from fluxo_chassis.migrations import migrate;"
            f"sys.path.insert(0, {str(self._versions.parents[2])!r});"
            f"migrate({self.scripts!r}, owner_url={url!r}, app_role=None)"
        )


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    name = f"service_{secrets.token_hex(4)}"
    yield Service(tmp_path, name)
    sys.modules.pop(name, None)


@pytest.fixture
async def database(postgres_url, anyio_backend):
    async with empty_database(postgres_url, "chassis") as database:
        yield database
