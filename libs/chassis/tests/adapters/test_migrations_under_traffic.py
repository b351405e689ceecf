"""A migration that finds its tables in use: traffic goes on, and it goes through in the end or changes nothing."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
import sys
import time
from contextlib import asynccontextmanager

import asyncpg
import pytest
from fluxo_chassis.migrations import migrate
from fluxo_chassis.migrations.lock_waits import LOCK_TIMEOUT_S, MigrationBlockedError
from structlog.testing import capture_logs

pytestmark = pytest.mark.anyio

# What the services give a statement, before they give it up and answer 503.
STATEMENT_TIMEOUT_S = 1.0
REVISION = """
from alembic import op
from fluxo_chassis.migrations.runner import create_index_concurrently, reindex_concurrently, run_sql
revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None

def upgrade():
    {upgrade}
"""
ADDS_A_COLUMN = "op.execute('ALTER TABLE notes ADD COLUMN colour text')"
COLUMNS = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes'"
VERSION = "SELECT version_num FROM alembic_version"
IS_WAITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'migrate' AND wait_event_type = 'Lock')
"""
IS_WAITING_FOR_ITS_TURN = """
SELECT EXISTS (SELECT FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'migrate' AND query LIKE '%pg_try_advisory_lock%')
"""


class Site:
    """A migrated database, somebody in psql, and writers who go on and remember what waiting cost them."""

    def __init__(self, service, url):
        self.service, self.url = service, url
        self.writes, self.slowest_s = 0, 0.0

    def add(self, upgrade, revision="0003", before="0002"):
        self.service.add(revision, REVISION.format(revision=revision, before=before, upgrade=upgrade))

    async def migrate(self, **options):
        await asyncio.to_thread(migrate, self.service.scripts, owner_url=self.url, app_role=None, **options)

    async def migrate_in_another_process(self):
        """Start it, and return it once it waits for its turn."""
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", self.service.program(self.url))
        await self.until(IS_WAITING_FOR_ITS_TURN)
        return process

    async def ask(self, question):
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    async def until(self, question):
        """Ask again and again until it is so, over one connection: to open one takes longer than to ask."""
        connection = await asyncpg.connect(self.url)
        try:
            async with asyncio.timeout(60):
                while not await connection.fetchval(question):
                    await asyncio.sleep(0.01)
        finally:
            await connection.close()

    async def until_it_waits(self):
        await self.until(IS_WAITING)

    @asynccontextmanager
    async def in_use(self, statement="SELECT count(*) FROM notes"):
        """Somebody who has looked at a table and went for a coffee, transaction open."""
        connection = await asyncpg.connect(self.url, server_settings={"application_name": "psql"})
        await connection.execute(f"BEGIN; {statement}")
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def traffic(self, lock_timeout_s=STATEMENT_TIMEOUT_S):
        """Writers, of whom none may have to wait for a lock for so long."""
        writers = [asyncio.create_task(self._write(lock_timeout_s)) for _ in range(4)]
        try:
            await self.more_writes(20)
            yield
        finally:
            for writer in writers:
                writer.cancel()
            results = await asyncio.gather(*writers, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results), results

    async def more_writes(self, number):
        wanted = self.writes + number
        async with asyncio.timeout(60):
            while self.writes < wanted:
                await asyncio.sleep(0.005)

    async def _write(self, lock_timeout_s):
        connection = await asyncpg.connect(self.url, server_settings={"lock_timeout": f"{lock_timeout_s * 1000:.0f}ms"})
        try:
            while True:
                started = time.monotonic()
                await connection.execute("INSERT INTO notes (id) VALUES (1)")
                self.slowest_s = max(self.slowest_s, time.monotonic() - started)
                self.writes += 1
                await asyncio.sleep(0.01)
        finally:
            connection.terminate()


@pytest.fixture
async def site(service, database):
    site = Site(service, database[0])
    await site.migrate()
    return site


async def test_writers_go_on_while_a_migration_waits_and_it_goes_through_when_the_lock_is_gone(site):
    site.add(ADDS_A_COLUMN)
    with capture_logs() as logs:
        async with site.traffic():
            async with site.in_use():
                migration = asyncio.create_task(site.migrate())
                await site.until_it_waits()
                await site.more_writes(20)
                async with asyncio.timeout(60):
                    while len(logs) < 2:
                        await asyncio.sleep(0.01)
                await site.more_writes(20)
                assert not migration.done()
            await migration
            await site.more_writes(20)
    assert await site.ask(COLUMNS) == 4
    assert site.slowest_s > LOCK_TIMEOUT_S / 2, "they waited for one try"
    first, second, *_ = logs
    assert [first["tries"], second["tries"]] == [1, 2]
    assert first["revision"] == "0003"
    assert "psql, idle in transaction): BEGIN; SELECT count(*) FROM notes" in first["by"][0]


async def test_a_lock_that_never_goes_ends_the_migration_with_who_holds_it_and_nothing_changed(site):
    site.add("run_sql('CREATE TABLE half_done (); ALTER TABLE notes ADD COLUMN colour text')")
    async with site.traffic(), site.in_use() as holder:
        with pytest.raises(MigrationBlockedError) as blocked:
            await site.migrate(patience_s=1.0)
        await site.more_writes(20)
        assert await site.ask("SELECT to_regclass('half_done') IS NULL")
        assert (await site.ask(COLUMNS), await site.ask(VERSION)) == (3, "0002")
    sentence = str(blocked.value)
    assert "revision 0003 did not get a lock" in sentence
    assert f"process {holder.get_server_pid()} (role postgres, psql, idle in transaction)" in sentence
    assert "SELECT count(*) FROM notes" in sentence
    assert "pg_terminate_backend" in sentence


async def test_locks_that_a_revision_has_got_are_given_back_while_it_waits_for_another(site):
    await site.ask("CREATE TABLE others (id int)")
    site.add("run_sql('ALTER TABLE notes ADD COLUMN colour text; ALTER TABLE others ADD COLUMN colour text')")
    async with site.traffic():
        async with site.in_use("SELECT count(*) FROM others"):
            migration = asyncio.create_task(site.migrate())
            await site.until_it_waits()
            await site.more_writes(50)
            assert not migration.done()
        await migration
    assert await site.ask(COLUMNS) == 4


async def test_revisions_before_the_blocked_one_stay_and_the_next_migration_goes_on_from_there(site):
    site.add("run_sql('CREATE TABLE others ()')")
    site.add(ADDS_A_COLUMN, "0004", "0003")
    async with site.in_use():
        with pytest.raises(MigrationBlockedError, match="revision 0004"):
            await site.migrate(patience_s=0)
        assert await site.ask(VERSION) == "0003"
    await site.migrate()
    assert (await site.ask(COLUMNS), await site.ask(VERSION)) == (4, "0004")


async def test_work_that_has_its_locks_may_take_its_time(site):
    site.add("op.execute('SELECT pg_sleep(0.5)')")
    await site.ask("ALTER ROLE CURRENT_USER SET statement_timeout = '100ms'")
    try:
        await site.migrate()
    finally:
        await site.ask("ALTER ROLE CURRENT_USER RESET statement_timeout")
    assert await site.ask(VERSION) == "0003"


async def test_an_index_is_built_beside_the_traffic_and_waits_for_open_transactions_alone(site):
    site.add("create_index_concurrently('notes_by_id', 'ON notes (id)')")
    async with site.traffic(lock_timeout_s=LOCK_TIMEOUT_S / 2):
        async with site.in_use("INSERT INTO notes (id) VALUES (2)"):
            migration = asyncio.create_task(site.migrate())
            await site.until_it_waits()
            second = await site.migrate_in_another_process()
            await site.more_writes(50)
            assert not migration.done()
        async with asyncio.timeout(60):
            await migration
            assert await second.wait() == 0
    assert await site.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'notes_by_id'::regclass")
    assert await site.ask(VERSION) == "0003"


async def test_an_index_whose_building_was_interrupted_is_built_anew(site):
    await site.ask("INSERT INTO notes (id) VALUES (1), (1)")
    site.add("create_index_concurrently('notes_by_id', 'ON notes (id) WHERE 1 / (id - 1) > 0')")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await site.migrate()
    assert not await site.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'notes_by_id'::regclass")
    site.add("create_index_concurrently('notes_by_id', 'ON notes (id)')")
    await site.migrate()
    assert await site.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'notes_by_id'::regclass")


async def test_an_index_is_built_anew_and_what_an_interrupted_build_left_goes(site):
    await site.ask("CREATE INDEX notes_by_id ON notes (id)")
    await site.ask("CREATE INDEX notes_by_id_ccnew ON notes (id)")
    before = await site.ask("SELECT pg_relation_filenode('notes_by_id')")
    site.add("reindex_concurrently('notes_by_id')")
    await site.migrate()
    assert await site.ask("SELECT pg_relation_filenode('notes_by_id')") != before
    assert await site.ask("SELECT to_regclass('notes_by_id_ccnew') IS NULL")
