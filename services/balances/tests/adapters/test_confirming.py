"""What a projector applied and the database had not confirmed, when that server goes down and comes back."""

import signal
from datetime import date

import pytest
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_balances.bootstrap import migrate
from fluxo_chassis.postgres import open_pool
from fluxo_local.embedded import postgres
from fluxo_local.embedded.postgres import PostgresServer

from tests.harness.databases import DatabaseTemplate
from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)


@pytest.fixture
def server(copy_cluster, tmp_path, monkeypatch):
    """One that writes its log when somebody waits for that, and not by itself."""
    monkeypatch.setitem(postgres.SETTINGS, "wal_writer_delay", "10s")
    monkeypatch.setitem(postgres.SETTINGS, "wal_writer_flush_after", "1GB")
    server = PostgresServer(copy_cluster(tmp_path / "server"), free_port(), fast=True)
    server.start()
    yield server
    server.stop()


async def go_down(server, pool):
    """As if its machine had, and come back: nothing is written any more."""
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait()
    server.start()
    await pool.expire_connections()


@pytest.fixture
def url(server):
    """Of the application in a database there, which goes with the server."""
    template = DatabaseTemplate(server.admin_url, "balances", migrate)
    return template.database(template.name).url


@pytest.fixture
async def pool(url):
    async with await open_pool(url, application_name="test") as pool:
        yield pool


@pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])
async def test_only_what_the_database_confirmed_is_acknowledged(
    guarded, monkeypatch, server, pool, projecting, member, stream, recorded, day_totals, eventually
):
    if not guarded:

        async def takes_it_for_kept(_self, _entry_ids):
            return True

        monkeypatch.setattr(PostgresProjection, "confirm", takes_it_for_kept)
    project, events = projecting("p1"), member("p1")
    await events.read(1, 0.01)  # makes the group

    async def apply(credit):
        await stream.publish(recorded("m1", NOV_22, credit=credit))
        await project(project.decode(await events.read(10, 1)))
        await project.make_visible()

    await apply(5)
    await project.acknowledge_visible()
    await apply(7)
    assert await day_totals() == {("m1", NOV_22): (12, 0, 2)}

    await go_down(server, pool)
    again = await project.acknowledge_visible()
    await project.make_visible()
    await project.acknowledge_visible()
    await events.read(1, 0.01)  # takes the acknowledgements along

    await eventually(stream.is_acknowledged)
    if guarded:
        assert again.applied == 1
        assert await day_totals() == {("m1", NOV_22): (12, 0, 2)}
    else:
        assert (await day_totals()).get(("m1", NOV_22)) in ((5, 0, 1), None), "acknowledged, and lost"


async def test_what_the_server_lost_does_not_wait_for_a_cache_that_is_unavailable(
    server, pool, projecting, member, stream, recorded, day_totals
):
    class Unavailable:
        async def invalidate(self, _merchant_ids):
            raise CacheUnavailableError

    project, events = projecting("p1", answers=Unavailable()), member("p1")
    await events.read(1, 0.01)  # makes the group
    await stream.publish(recorded("m1", NOV_22, credit=7))
    await project(project.decode(await events.read(10, 1)))
    await project.make_visible()

    await go_down(server, pool)
    await project.acknowledge_visible()

    assert await day_totals() == {("m1", NOV_22): (7, 0, 1)}
    await events.read(1, 0.01)  # would take an acknowledgement along
    assert len(await stream.pending()) == 1


async def test_what_was_confirmed_outlives_the_server(server, pool, recorded):
    projection = PostgresProjection(pool)
    entries = [recorded("m1", NOV_22, credit=1) for _ in range(3)]
    for entry in entries:
        await projection.apply([entry])
    assert await projection.confirm({entry.id for entry in entries})
    await go_down(server, pool)
    assert await pool.fetchval("SELECT sum(entry_count) FROM day_totals") == 3
