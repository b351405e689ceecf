"""Who may write to the stream may not speak for the outbox, nor silence it."""

import asyncio
from dataclasses import replace

import pytest
from fluxo_contracts.signatures import EventKeys
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.application.publishing.stream_state import XID_BITS

pytestmark = pytest.mark.anyio

KEYS = EventKeys("k" * 32)
GREATEST = f"{2**64 - 1}-{2**64 - 1}"


async def test_with_a_key_each_event_goes_out_signed(line, streams_client, streams):
    await replace(line, stream=RedisEntriesStream(streams_client, KEYS)).send(9)
    published = [fields for _, fields in await streams.xrange(ENTRIES_STREAM)]
    assert [set(fields) for fields in published] == [{b"event", b"signature"}] * 9
    assert all(KEYS.prove(fields[b"event"], fields[b"signature"]) for fields in published)


async def test_without_one_they_go_out_as_they_are(line, streams):
    await line.send(2)
    assert [set(fields) for _, fields in await streams.xrange(ENTRIES_STREAM)] == [{b"event"}] * 2


@pytest.mark.parametrize("foreign", [GREATEST, f"{(102 << XID_BITS) + 5}-1", f"{(65535 << XID_BITS) + 5}-0"])
async def test_an_id_that_no_relay_gave_out_does_not_stop_publishing(line, streams, foreign):
    before = await line.send(3)
    await line.make_group()
    await line.consume(1)
    await streams.xadd(ENTRIES_STREAM, {"event": b"forged"}, id=foreign)
    after = await line.record(2)

    steps = await line.publish()

    assert [step.gap for step in steps if step.gap] == [
        f"generation {int(foreign.split('-')[0]) >> XID_BITS} is no later life of generation 1"
    ]
    assert await line.published_ids() == before + after
    assert await line.generation() == 1
    assert await line.publish() == []


async def test_two_relays_make_it_anew_once(line, streams):
    await streams.xadd(ENTRIES_STREAM, {"event": b"forged"}, id=GREATEST)
    ids = await line.record(20)
    await asyncio.gather(line.publish(), line.publish(batch_rows_max=5))
    assert await line.published_ids() == ids


async def test_after_the_last_generation_comes_the_first(line, owner, streams):
    await owner.execute("UPDATE outbox_generation SET generation = 65535")
    ids = await line.send(3)
    await line.make_group()
    await streams.xdel(ENTRIES_STREAM, (await line.stream_ids())[1])
    await line.audit()

    await line.publish()

    assert await line.published_ids() == ids
    assert await line.generation() == 1
