"""Outbox and stream together: whatever happens to the stream, every event gets into it, once and in order."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.redis import RedisReplyError
from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_entries.application.publishing.publish_outbox import PublishOutbox
from fluxo_entries.application.publishing.purge_outbox import PurgeOutbox
from fluxo_entries.application.publishing.stream_state import XID_BITS
from fluxo_entries.bootstrap.relay import assemble
from fluxo_entries.entrypoints.relay import Relay
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio


@pytest.fixture
def publish(outbox, stream):
    return PublishOutbox(outbox, stream, batch_rows_max=7)


async def published(streams):
    return [decode(fields[b"event"]).id for _, fields in await streams.xrange(ENTRIES_STREAM)]


async def drain(publish):
    """Publish until nothing waits, held back ones of other tests' transactions included."""
    async with asyncio.timeout(60):
        while (step := await publish()).published or step.is_held_back:
            await asyncio.sleep(0.005 if step.is_held_back else 0)


async def append(journal, recording, number):
    given = [recording() for _ in range(number)]
    for each in given:
        await journal.append(each)
    return [each.entry.id for each in given]


@asynccontextmanager
async def running_relay(database, outbox, stream):
    stop = asyncio.Event()
    async with Notifications(database.url, "fluxo_outbox", exclusive=True) as notifications:
        relay = Relay(assemble(outbox, stream), notifications)
        task = asyncio.create_task(relay.run(stop))
        yield
        stop.set()
        await task


async def until_published(streams, ids):
    async with asyncio.timeout(60):
        while await published(streams) != ids:
            await asyncio.sleep(0.002)


async def test_everything_is_published_in_order(publish, journal, streams, recording):
    ids = await append(journal, recording, 20)
    await drain(publish)
    assert await published(streams) == ids
    assert (await publish()).published == 0


async def test_two_relays_at_once_publish_once(outbox, stream, streams, journal, recording, publish):
    ids = await append(journal, recording, 60)
    other = PublishOutbox(outbox, stream, batch_rows_max=5)
    await asyncio.gather(drain(publish), drain(other))
    assert await published(streams) == ids


@pytest.mark.parametrize("lost_from", [0, 11])
async def test_a_stream_that_lost_its_end_is_filled_again(publish, journal, streams, recording, lost_from):
    ids = await append(journal, recording, 10)
    await drain(publish)
    before = await streams.dump(ENTRIES_STREAM)
    ids += await append(journal, recording, 10)
    await drain(publish)
    await streams.flushdb()
    if lost_from:
        await streams.restore(ENTRIES_STREAM, 0, before)

    ids += await append(journal, recording, 3)
    await drain(publish)

    assert await published(streams) == ids


async def test_a_full_server_leaves_no_gap(publish, journal, streams, recording):
    ids = await append(journal, recording, 30)
    used = (await streams.info("memory"))["used_memory"]
    given = (await streams.config_get("maxmemory"))["maxmemory"]
    await streams.config_set("maxmemory", used + 1)
    try:
        with pytest.raises(RedisReplyError, match="OOM"):
            await drain(publish)
        partly = await published(streams)
    finally:
        await streams.config_set("maxmemory", given)
    assert partly == ids[: len(partly)]
    await drain(publish)
    assert await published(streams) == ids


async def test_a_new_generation_publishes_again_from_the_oldest_row(publish, journal, owner, streams, recording):
    ids = await append(journal, recording, 10)
    await drain(publish)
    await owner.execute("SELECT raise_outbox_generation()")
    ids_after = await append(journal, recording, 5)

    await drain(publish)

    assert await published(streams) == ids + ids + ids_after
    generations = [int(i.split(b"-")[0]) >> XID_BITS for i, _ in await streams.xrange(ENTRIES_STREAM)]
    assert generations == [1] * 10 + [2] * 15


async def test_nothing_is_removed_before_a_consumer_acknowledged_it(
    outbox, stream, publish, journal, owner, streams, recording
):
    await owner.execute("INSERT INTO outbox (created_at, event) VALUES (now() - interval '3 days', '\\x00')")
    await append(journal, recording, 10)
    await drain(publish)
    purge = PurgeOutbox(outbox, stream)
    assert (await purge()).stream_entries_trimmed == 0
    await streams.xgroup_create(ENTRIES_STREAM, "group", id="0")
    assert (await purge()).stream_entries_trimmed == 0
    await streams.xreadgroup("group", "one", {ENTRIES_STREAM: ">"})
    assert (await purge()).stream_entries_trimmed == 0
    first, second, *rest = [entry_id for entry_id, _ in await streams.xrange(ENTRIES_STREAM)]
    await streams.xack(ENTRIES_STREAM, "group", first, second, *rest[3:])

    purged = await purge()

    assert (purged.stream_entries_trimmed, purged.partitions_dropped) == (2, 1)
    assert await streams.xlen(ENTRIES_STREAM) == 9
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 10, "younger than the margin"


async def test_a_running_relay_publishes_when_it_is_notified_and_not_when_it_looks_again(
    entries_database, outbox, stream, journal, streams, recording, monkeypatch
):
    monkeypatch.setattr("fluxo_entries.entrypoints.relay.POLL_S", 600)
    async with running_relay(entries_database, outbox, stream):
        ids = []
        for _ in range(3):
            ids += await append(journal, recording, 1)
            await until_published(streams, ids)


async def test_another_relay_publishes_while_the_one_whose_turn_it_is_does_not(
    entries_database, outbox, stream, journal, streams, recording
):
    async with Notifications(entries_database.url, "fluxo_outbox", exclusive=True) as paused:
        async with asyncio.timeout(60):
            while not paused.is_listening:
                await asyncio.sleep(0.01)
        async with running_relay(entries_database, outbox, stream):
            for _ in range(3):
                ids = await published(streams) + await append(journal, recording, 2)
                await until_published(streams, ids)


async def test_a_row_held_back_is_published_as_soon_as_the_other_transaction_ends(
    entries_database, outbox, stream, journal, streams, recording, monkeypatch
):
    monkeypatch.setattr("fluxo_entries.entrypoints.relay.POLL_S", 600)
    async with running_relay(entries_database, outbox, stream):
        other = await asyncpg.connect(entries_database.owner_url)
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT pg_current_xact_id()")
        ids = await append(journal, recording, 1)
        await asyncio.sleep(0.3)
        assert await published(streams) == []
        await transaction.rollback()
        await until_published(streams, ids)
        await other.close()


async def test_a_running_relay_outlives_a_stream_that_fails(
    entries_database, outbox, stream, journal, streams, recording
):
    class FailsAtFirst:
        failures = 2

        def __getattr__(self, name):
            return getattr(stream, name)

        async def end(self):
            if self.failures:
                self.failures -= 1
                raise ConnectionError
            return await stream.end()

    ids = await append(journal, recording, 3)
    async with running_relay(entries_database, outbox, FailsAtFirst()):
        await until_published(streams, ids)


async def test_a_running_relay_fills_the_gaps_it_finds_and_shows_which_group_lags(
    entries_database, outbox, stream, publish, journal, streams, recording
):
    ids = await append(journal, recording, 10)
    await drain(publish)
    await streams.xgroup_create(ENTRIES_STREAM, "nobody", id="0")
    first, *_, last = [entry_id for entry_id, _ in await streams.xrange(ENTRIES_STREAM)]
    await streams.xdel(ENTRIES_STREAM, first, last)
    gaps = REGISTRY.get_sample_value("fluxo_outbox_gaps_total")

    async with running_relay(entries_database, outbox, stream):
        await until_published(streams, ids[1:-1] + ids)
        async with asyncio.timeout(60):
            while REGISTRY.get_sample_value("fluxo_outbox_unacknowledged_seconds", {"group": "nobody"}) is None:
                await asyncio.sleep(0.01)

    assert REGISTRY.get_sample_value("fluxo_outbox_gaps_total") == gaps + 1
