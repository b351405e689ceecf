import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from fluxo_contracts.streams import BULK_PART_EVENTS, ENTRIES_STREAM
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.domain.merchant import Merchant

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


class Latecomer:
    """Gets a transaction id, and comes to the outbox later or never, sometimes with the lock that it should have."""

    def __init__(self, url, chance):
        self._url = url
        self._chance = chance
        self.refused = 0

    async def write(self):
        connection = await asyncpg.connect(self._url)
        try:
            async with connection.transaction():
                if self._may():
                    await connection.execute(sql.WILL_ANNOUNCE)
                await connection.execute("SELECT pg_current_xact_id()")
                await asyncio.sleep(self._chance.random() * 0.1)
                if self._may():
                    await connection.execute("INSERT INTO outbox (event) VALUES ($1)", self._chance.randbytes(9))
        except asyncpg.SerializationError:
            self.refused += 1
        finally:
            await connection.close()

    def _may(self):
        return self._chance.random() < 0.6


async def test_every_event_goes_out_beside_bulks_long_transactions_and_who_comes_too_late(
    line, pool, streams, recording, entries_database
):
    chance, ended = random.Random(23), asyncio.Event()
    merchants, late = PostgresMerchants(pool), Latecomer(entries_database.url, chance)

    async def record():
        recorded = 0
        while recorded < 150 or not late.refused:
            recorded += len(await line.record(chance.randint(1, 4)))
        ended.set()

    async def bulk():
        number = chance.choice((2, 20, BULK_PART_EVENTS + 1))
        await line.journal.append_all([recording() for _ in range(number)], atomic=True)

    async def change_settings():
        await merchants.save(Merchant(f"merchant-{chance.randint(1, 5)}", name=str(chance.random())))

    publish = partial(line.publish, batch_rows_max=200)

    async def until_ended(work):
        while not ended.is_set():
            await work()

    work = (bulk, change_settings, late.write, late.write, publish, publish)
    async with asyncio.timeout(120):
        await asyncio.gather(record(), *map(until_ended, work))
    await publish()

    published = [fields[b"event"] for _, fields in await streams.xrange(ENTRIES_STREAM)]
    announced = [row["event"] for row in await pool.fetch("SELECT event FROM outbox ORDER BY xid, seq")]
    assert published == announced
    assert await pool.fetchval("SELECT count(*) FROM bulk_outbox") == 0
