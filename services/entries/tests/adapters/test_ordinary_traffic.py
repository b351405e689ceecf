import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("is_late", [False, True], ids=["two groups", "one of them late"])
async def test_ordinary_traffic_with_purges_never_looks_like_a_loss(line, pool, streams, is_late):
    """An hour of it, in small: everything at the same time, by two relays, old rows dropped."""
    chance = random.Random(17)
    outbox = PostgresOutbox(pool, keep=timedelta(0))
    other = replace(line, group="other", received=[])
    await line.send(12)
    await line.make_group()
    if not is_late:
        await other.make_group()
    await line.consume(6)
    await line.purge()
    if is_late:
        await other.make_group()
        # It is given, once, what had been trimmed before it came.
        assert await line.audit() is not None
    gaps, ended = [], asyncio.Event()
    relay = replace(line, outbox=outbox)

    async def record():
        for _ in range(150):
            await line.record(chance.randint(1, 4))
            await asyncio.sleep(0)
        ended.set()

    async def consume(reader):
        unacknowledged = await reader.read(again=True)
        while not ended.is_set():
            unacknowledged += await reader.read(chance.randint(1, 9))
            chance.shuffle(unacknowledged)
            some = chance.randint(0, len(unacknowledged))
            await reader.acknowledge(unacknowledged[:some])
            unacknowledged = unacknowledged[some:]

    async def until_ended(work):
        while not ended.is_set():
            await work()

    async def audit():
        gaps.append(await line.audit())

    await asyncio.gather(
        record(),
        consume(line),
        consume(other),
        until_ended(line.publish),
        until_ended(relay.publish),
        until_ended(relay.purge),
        until_ended(audit),
    )

    assert set(gaps) == {None}
    assert len(gaps) > 50
    assert await line.generation() == (2 if is_late else 1)
    await relay.publish()
    await line.consume()
    await other.consume()
    assert set(other.received) == set(line.received) == await line.recorded_ids()
