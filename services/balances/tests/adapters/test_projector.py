"""The projector's loop over servers that come and go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date

import asyncpg
import msgspec
import pytest
import redis.asyncio
import structlog
from fluxo_balances.adapters.events import EventReader
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup
from fluxo_balances.adapters.redis.entry_events import RedisEntryEvents
from fluxo_balances.application.projecting.project_entries import ProjectEntries
from fluxo_balances.entrypoints import projector
from fluxo_balances.entrypoints.projector import Pace, Projector
from fluxo_chassis.postgres import is_unavailable
from fluxo_chassis.process import SystemClock
from fluxo_chassis.redis import RedisClient
from fluxo_contracts.entry_recorded import EXAMPLE
from fluxo_contracts.envelope import encode, traceparent_of
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)
BATCH = 3
"""So small that events stand behind a full one, and are read ahead."""


@pytest.fixture
def running(pool, streams_url, cache_url):
    """A projector at work, until the block ends: then it is asked to stop and must do so soon, or is killed."""

    @asynccontextmanager
    async def run(
        streams_url: str = streams_url, cache_url: str = cache_url, *, is_killed: bool = False
    ) -> AsyncIterator[asyncio.Event]:
        streams, cache = RedisClient(streams_url), RedisClient(cache_url, timeout_s=0.5)
        events = RedisEntryEvents(streams, ConsumerGroup(streams), "p1")
        project = ProjectEntries(
            events, PostgresProjection(pool), RedisBalanceCache(cache), SystemClock(), EventReader().told_by
        )
        stop = asyncio.Event()
        pace = Pace(BATCH, take_over_idle_s=30)
        at_work = Projector(project, events, SystemClock(), pace, traceparent_of).run(stop)
        task = asyncio.create_task(at_work)
        try:
            yield stop
        finally:
            stop.set()
            if is_killed:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 60)
            await streams.aclose()
            await cache.aclose()

    return run


@pytest.fixture
def applied(pool, eventually):
    """Wait until so many entries are applied."""

    async def wait(count: int) -> None:
        total = "SELECT coalesce(sum(entry_count), 0) = $1 FROM day_totals"

        async def are_applied() -> bool:
            try:
                return await pool.fetchval(total, count)
            except Exception as error:
                # Its connections may be what the story is about.
                if not is_unavailable(error):
                    raise
                return False

        await eventually(are_applied)

    return wait


@pytest.fixture
def entries(recorded):
    return [recorded("m1", NOV_22, credit=1) for _ in range(10)]


def skipped(reason: str) -> float:
    return REGISTRY.get_sample_value("fluxo_events_skipped_total", {"reason": reason})


async def test_events_that_are_not_for_the_balances_are_skipped_counted_and_said_once_a_type(
    running, stream, entries, applied, eventually
):
    event = msgspec.json.decode(encode(EXAMPLE))
    before = skipped("unknown_type"), skipped("newer_version")
    with structlog.testing.capture_logs() as lines:
        async with running():
            for event_type in ("fluxo.merchant.closed.v1", "fluxo.entry.recorded.v1.1", "fluxo.merchant.closed.v1"):
                await stream.publish_raw(event=msgspec.json.encode(event | {"type": event_type}))
            await stream.publish(*entries)
            await applied(10)
            await eventually(stream.is_acknowledged)
    assert (skipped("unknown_type"), skipped("newer_version")) == (before[0] + 2, before[1] + 1)
    assert [(line["event_type"], line["reason"]) for line in lines if "skipped" in line["event"]] == [
        ("fluxo.merchant.closed.v1", "unknown_type"),
        ("fluxo.entry.recorded.v1.1", "newer_version"),
    ]
    assert await stream.dead_letters() == []


async def test_a_stop_finishes_the_batch_it_has(running, stream, entries, applied):
    async with running():
        await stream.publish(*entries)
        await applied(10)
    assert await stream.pending() == {}


async def test_what_comes_while_it_stops_is_applied_too_and_left_to_nobody(
    running, stream, entries, applied, eventually, monkeypatch
):
    # What comes after a read that ended in vain is nobody's yet, and rightly stays: this one is not to end before.
    monkeypatch.setattr(projector, "READ_TIMEOUT_S", 60.0)

    async def waits_for_news():
        return (await stream.client.info("clients"))["blocked_clients"] > 0

    async with running() as stop:
        await stream.publish(entries[0])
        await applied(1)
        await eventually(stream.is_acknowledged)  # until then it waits for milliseconds only
        await eventually(waits_for_news)
        # What it is given now is its own.
        stop.set()
        await stream.publish(entries[1])
    assert await stream.pending() == {}
    await applied(2)


async def test_what_was_read_ahead_by_a_projector_that_dies_is_applied_once_by_the_next_one(
    running, stream, entries, applied, eventually, balances_database
):
    async def two_batches_are_read():
        return len(await stream.pending()) == 2 * BATCH

    async with running():
        await stream.publish(entries[0])
        await applied(1)
    owner = await asyncpg.connect(balances_database.owner_url)
    async with owner.transaction():
        await owner.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        await stream.publish(*entries)
        async with running(is_killed=True):
            await eventually(two_batches_are_read)
    await owner.close()
    async with running():
        await applied(10)
        await eventually(stream.is_acknowledged)


async def test_it_outlives_a_restart_of_the_streams_server(running, own_server, stream, entries, applied, eventually):
    server = own_server("streams", persistent=True)
    stream.client = redis.asyncio.Redis.from_url(server.url)
    async with running(streams_url=server.url):
        await stream.publish(*entries[:5])
        await applied(5)
        server.stop()
        await stream.client.connection_pool.disconnect()
        server.start()
        await stream.publish(*entries[5:])
        await applied(10)
        await eventually(stream.is_acknowledged)
    await stream.client.aclose()


async def test_it_goes_on_with_a_streams_server_that_forgot_everything(
    running, own_server, stream, entries, applied, eventually
):
    server = own_server("streams", persistent=False)
    stream.client = redis.asyncio.Redis.from_url(server.url)
    async with running(streams_url=server.url):
        await stream.publish(*entries[:5])
        await applied(5)
        server.stop()
        await stream.client.connection_pool.disconnect()
        server.start()
        await stream.publish(*entries)
        await applied(10)
        await eventually(stream.is_acknowledged)
    await stream.client.aclose()


async def test_what_is_applied_while_the_cache_is_unavailable_is_settled_when_it_returns(
    running, own_server, stream, entries, applied, eventually
):
    cache = own_server("cache", persistent=False)
    async with running(cache_url=cache.url):
        cache.stop()
        await stream.publish(*entries)
        await applied(10)
        assert len(await stream.pending()) == 10
        cache.start()
        await eventually(stream.is_acknowledged)


async def test_a_database_that_is_unavailable_holds_the_batch_up_and_buries_nothing(
    running, balances_database, stream, entries, applied, eventually
):
    admin = await asyncpg.connect(balances_database.admin_url)
    name = balances_database.name
    async with running():
        await stream.publish(*entries[:5])
        await applied(5)
        # Nobody but the superuser may connect any more, and those who are in are thrown out.
        await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
            name,
        )
        await stream.publish(*entries[5:])
        await eventually(stream.pending)
        await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
        await applied(10)
        await eventually(stream.is_acknowledged)
    assert await stream.dead_letters() == []
    await admin.close()
