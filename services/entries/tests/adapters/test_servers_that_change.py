"""A database's server as operators leave it: put back to a copy of its files, or with a transaction forgotten."""

import re
import shutil
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from fluxo_chassis.postgres import breaker_for, open_pool
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.application.publishing.stream_state import START
from fluxo_entries.bootstrap import migrate
from fluxo_local.embedded import postgres
from fluxo_local.embedded.postgres import PostgresServer

from tests.harness.databases import DatabaseTemplate
from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(copy_cluster, tmp_path, monkeypatch):
    monkeypatch.setitem(postgres.SETTINGS, "max_prepared_transactions", "1")
    server = PostgresServer(copy_cluster(tmp_path / "server"), free_port(), fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def url(server):
    """Of the application in a database there, which goes with the server."""
    template = DatabaseTemplate(server.admin_url, "entries", migrate)
    return template.database(template.name).url


def copied(server, source, target):
    """Stop the server, copy its files or put a copy back, and start it again."""
    server.stop()
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    server.start()


async def prepare_and_forget(url, *statements):
    forgetful = await asyncpg.connect(url)
    transaction = forgetful.transaction()
    await transaction.start()
    for statement in statements:
        await forgetful.execute(statement)
    await forgetful.execute("PREPARE TRANSACTION 'it''s forgotten'")
    await forgetful.close()


async def test_a_forgotten_prepared_transaction_holds_back_nothing_that_may_pass(server, url):
    await prepare_and_forget(server.admin_url, "SELECT 1 FROM pg_class LIMIT 1")
    async with await open_pool(url, application_name="test") as pool:
        outbox = PostgresOutbox(pool, keep=timedelta(hours=24))
        await pool.execute("INSERT INTO outbox (event) VALUES ('passes')")
        assert await outbox.rows_after(START, 10) == []
        assert [row.event for row in await outbox.rows_after(START, 10, passing=True)] == [b"passes"]


async def test_a_forgotten_prepared_transaction_that_locked_the_outbox_is_named(server, url):
    """One that wrote an event cannot be prepared: it has notified."""
    await prepare_and_forget(url, sql.WILL_ANNOUNCE, "SELECT pg_current_xact_id()")
    async with await open_pool(url, application_name="test") as pool:
        outbox = PostgresOutbox(pool, keep=timedelta(hours=24))
        await pool.execute("INSERT INTO outbox (event, created_at) VALUES ('', now() - interval '60 s')")
        assert await outbox.rows_after(START, 10, passing=True) == []
        holder = (await outbox.backlog(START)).held_back_by
    assert re.fullmatch(r"prepared transaction 'it''s forgotten' of \w+ in database \w+ since 20[\d-]+T[\d:]+Z", holder)


async def test_everything_that_is_recorded_after_a_put_back_is_published(line, server, url, tmp_path):
    async with (
        await open_pool(url, application_name="test") as pool,
        GroupCommitter(url, "test", breaker_for("test")) as committer,
    ):
        there = replace(
            line,
            pool=pool,
            journal=PostgresJournal(pool, committer),
            outbox=PostgresOutbox(pool, keep=timedelta(hours=24)),
        )
        await there.send(5)
        await there.make_group()
        copied(server, server.directory, tmp_path / "copy")
        await there.send(13)
        await there.consume()
        await there.purge()
        copied(server, tmp_path / "copy", server.directory)

        # As many as were lost, and more, before the relay looks.
        after = await there.record(30)
        await there.publish()

        await there.consume()
        assert set(after) <= set(there.received)
        assert await there.generation() == 2
