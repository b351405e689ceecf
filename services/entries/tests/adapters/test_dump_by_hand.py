"""`pg_dump | psql` into another cluster without `fluxo restore`: nobody says so, and the relay notices all the same."""

import secrets
import subprocess
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from fluxo_chassis.postgres import breaker_for, open_pool
from fluxo_cli.operations.postgres_client import client_program
from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.postgres import PostgresServer

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture
def other_cluster(tmp_path):
    server = PostgresServer(tmp_path / "other", free_port(), fast=True)
    server.start()
    yield server
    server.stop()


def copy_by_hand(database, template, server):
    """Return the copy's URLs, as the owner and as the application."""
    password = secrets.token_hex(8)
    roles = (Role(name, password) for name in (template.owner, template.app, template.api))
    ensure_database(server.admin_url, database.name, *roles)
    owner_url, app_url = (
        f"postgresql://{role}:{password}@127.0.0.1:{server.port}/{database.name}"
        for role in (template.owner, template.app)
    )
    dump = subprocess.run(
        [client_program("pg_dump"), f"--dbname={database.owner_url}"], capture_output=True, check=True
    )
    psql = [client_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={owner_url}"]
    restored = subprocess.run(psql, input=dump.stdout, capture_output=True, check=False)
    assert restored.returncode == 0, restored.stderr.decode()
    return owner_url, app_url


@pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])
async def test_a_dump_restored_by_hand_begins_a_generation_and_publishes_everything_again(
    guarded, line, entries_database, entries_template, owner, streams, other_cluster
):
    # The first cluster comes farther with its transaction ids than the second will: what it published lies above.
    for _ in range(500):
        await owner.execute("SELECT pg_current_xact_id()")
    ids = await line.send(9)
    assert await line.generation() == 1
    owner_url, app_url = copy_by_hand(entries_database, entries_template, other_cluster)
    if not guarded:
        there = await asyncpg.connect(owner_url)
        await there.execute(
            """
            CREATE OR REPLACE FUNCTION outbox_generation_after(seen_generation integer, seen_xid xid8)
            RETURNS integer LANGUAGE sql STABLE AS 'SELECT generation FROM outbox_generation'
            """
        )
        await there.close()

    async with (
        await open_pool(app_url, application_name="test") as pool,
        GroupCommitter(app_url, "test", breaker_for("test")) as committer,
    ):
        outbox = PostgresOutbox(pool, keep=timedelta(hours=24))
        there = replace(line, pool=pool, journal=PostgresJournal(pool, committer), outbox=outbox)
        after = await there.send(3)

    published = [decode(fields[b"event"]).id for _, fields in await streams.xrange(ENTRIES_STREAM)]
    assert published == (ids + ids + after if guarded else ids), "without it all seems to be out"
    assert await line.generation() == (2 if guarded else 1)
