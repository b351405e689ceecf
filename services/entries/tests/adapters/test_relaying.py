"""Outbox and stream together: whatever happens to the stream, every event gets into it, once and in order."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.redis import RedisReplyError
from fluxo_contracts.streams import BULK_PART_EVENTS, ENTRIES_STREAM
from fluxo_entries.application.publishing.stream_state import XID_BITS
from fluxo_entries.bootstrap.relay import assemble
from fluxo_entries.entrypoints.relay import Relay
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def running_relay(database, line, stream=None):
    stop = asyncio.Event()
    async with Notifications(database.url, "fluxo_outbox", exclusive=True) as notifications:
        relay = Relay(assemble(line.outbox, stream or line.stream), notifications)
        task = asyncio.create_task(relay.run(stop))
        yield
        stop.set()
        await task


async def until_published(line, ids):
    async with asyncio.timeout(60):
        while await line.published_ids() != ids:
            await asyncio.sleep(0.002)


async def test_everything_is_published_in_order(line):
    ids = await line.record(20)
    await line.publish()
    assert await line.published_ids() == ids
    assert await line.publish() == []


async def test_two_relays_at_once_publish_once(line):
    ids = await line.record(60)
    await asyncio.gather(line.publish(), line.publish(batch_rows_max=5))
    assert await line.published_ids() == ids


@pytest.mark.parametrize("lost_from", [0, 11])
async def test_a_stream_that_lost_its_end_is_filled_again(line, streams, lost_from):
    ids = await line.record(10)
    await line.publish()
    before = await streams.dump(ENTRIES_STREAM)
    ids += await line.record(10)
    await line.publish()
    await streams.flushdb()
    if lost_from:
        await streams.restore(ENTRIES_STREAM, 0, before)

    ids += await line.record(3)
    await line.publish()

    assert await line.published_ids() == ids


async def test_a_full_server_leaves_no_gap(line, streams):
    ids = await line.record(30)
    used = (await streams.info("memory"))["used_memory"]
    given = (await streams.config_get("maxmemory"))["maxmemory"]
    await streams.config_set("maxmemory", used + 1)
    try:
        with pytest.raises(RedisReplyError, match="OOM"):
            await line.publish()
        partly = await line.published_ids()
    finally:
        await streams.config_set("maxmemory", given)
    assert partly == ids[: len(partly)]
    await line.publish()
    assert await line.published_ids() == ids


async def test_a_new_generation_publishes_again_from_the_oldest_row(line, owner):
    ids = await line.record(10)
    await line.publish()
    await owner.execute("SELECT raise_outbox_generation()")
    ids_after = await line.record(5)

    await line.publish()

    assert await line.published_ids() == ids + ids + ids_after
    assert [int(stream_id.split(b"-")[0]) >> XID_BITS for stream_id in await line.stream_ids()] == [1] * 10 + [2] * 15


async def test_nothing_is_removed_before_a_consumer_acknowledged_it(line, owner, streams):
    await owner.execute("INSERT INTO outbox (created_at, event) VALUES (now() - interval '3 days', '\\x00')")
    await line.record(10)
    await line.publish()
    assert (await line.purge()).stream_entries_trimmed == 0
    await streams.xgroup_create(ENTRIES_STREAM, "group", id="0")
    assert (await line.purge()).stream_entries_trimmed == 0
    await streams.xreadgroup("group", "one", {ENTRIES_STREAM: ">"})
    assert (await line.purge()).stream_entries_trimmed == 0
    first, second, *rest = await line.stream_ids()
    await streams.xack(ENTRIES_STREAM, "group", first, second, *rest[3:])

    purged = await line.purge()

    assert (purged.stream_entries_trimmed, purged.partitions_dropped) == (2, 1)
    assert await streams.xlen(ENTRIES_STREAM) == 9
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 10, "younger than the margin"


async def test_a_running_relay_publishes_when_it_is_notified_and_not_when_it_looks_again(
    entries_database, line, monkeypatch
):
    monkeypatch.setattr("fluxo_entries.entrypoints.relay.POLL_S", 600)
    async with running_relay(entries_database, line):
        ids = []
        for _ in range(3):
            ids += await line.record(1)
            await until_published(line, ids)


async def test_another_relay_publishes_while_the_one_whose_turn_it_is_does_not(entries_database, line):
    async with Notifications(entries_database.url, "fluxo_outbox", exclusive=True) as paused:
        async with asyncio.timeout(60):
            while not paused.is_listening:
                await asyncio.sleep(0.01)
        async with running_relay(entries_database, line):
            for _ in range(3):
                ids = await line.published_ids() + await line.record(2)
                await until_published(line, ids)


async def test_a_row_held_back_is_published_as_soon_as_the_other_transaction_ends(entries_database, line, monkeypatch):
    monkeypatch.setattr("fluxo_entries.entrypoints.relay.POLL_S", 600)
    async with running_relay(entries_database, line):
        other = await asyncpg.connect(entries_database.owner_url)
        transaction = other.transaction()
        await transaction.start()
        await other.execute("INSERT INTO outbox (event) VALUES ('rolled back')")
        ids = await line.record(1)
        await asyncio.sleep(0.3)
        assert await line.published_ids() == []
        await transaction.rollback()
        await until_published(line, ids)
        await other.close()


async def test_an_open_transaction_that_writes_elsewhere_holds_no_event_back(entries_database, line, monkeypatch):
    monkeypatch.setattr("fluxo_entries.entrypoints.relay.POLL_S", 600)
    async with running_relay(entries_database, line):
        other = await asyncpg.connect(entries_database.owner_url)
        async with other.transaction():
            await other.execute("SELECT pg_current_xact_id()")
            ids = []
            for _ in range(3):
                ids += await line.record(1)
                await until_published(line, ids)
        await other.close()


async def test_singles_pass_a_bulk_that_nobody_reads_yet(entries_database, line, recording):
    await line.send()
    await line.make_group()
    bulk = [recording() for _ in range(20 * BULK_PART_EVENTS)]
    async with running_relay(entries_database, line):
        await line.journal.append_all(bulk, atomic=True)
        ids = await line.record(1)
        async with asyncio.timeout(60):
            while ids[0] not in (published := await line.published_ids()):
                await asyncio.sleep(0.01)
            assert len(published) < len(bulk)
            while len(published := await line.published_ids()) < len(bulk) + 2:
                await asyncio.sleep(0.01)
    assert set(published) == await line.recorded_ids()


async def test_a_running_relay_outlives_a_stream_that_fails(entries_database, line):
    class FailsAtFirst:
        failures = 2

        def __getattr__(self, name):
            return getattr(line.stream, name)

        async def end(self):
            if self.failures:
                self.failures -= 1
                raise ConnectionError
            return await line.stream.end()

    ids = await line.record(3)
    async with running_relay(entries_database, line, FailsAtFirst()):
        await until_published(line, ids)


async def test_a_running_relay_fills_the_gaps_it_finds_and_shows_which_group_lags(entries_database, line, streams):
    ids = await line.record(10)
    await line.publish()
    await streams.xgroup_create(ENTRIES_STREAM, "nobody", id="0")
    first, *_, last = await line.stream_ids()
    await streams.xdel(ENTRIES_STREAM, first, last)
    gaps = REGISTRY.get_sample_value("fluxo_outbox_gaps_total")

    async with running_relay(entries_database, line):
        await until_published(line, ids[1:-1] + ids)
        async with asyncio.timeout(60):
            while REGISTRY.get_sample_value("fluxo_outbox_unacknowledged_seconds", {"group": "nobody"}) is None:
                await asyncio.sleep(0.01)

    assert REGISTRY.get_sample_value("fluxo_outbox_gaps_total") == gaps + 1
