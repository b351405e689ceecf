"""A journal, an outbox and a stream on real servers, and entries to put into them."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.application.publishing.audit_stream import AuditStream
from fluxo_entries.application.publishing.publish_outbox import PublishOutbox
from fluxo_entries.application.publishing.purge_outbox import PurgeOutbox
from fluxo_entries.application.publishing.stream_state import XID_BITS


@pytest.fixture
async def owner(entries_database):
    connection = await asyncpg.connect(entries_database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def admin(entries_database):
    connection = await asyncpg.connect(entries_database.admin_url)
    yield connection
    await connection.close()


@pytest.fixture
def open_transaction(entries_database):
    """A transaction that has written an event and is not committed."""

    @asynccontextmanager
    async def begin(event):
        connection = await asyncpg.connect(entries_database.url)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("INSERT INTO outbox (event) VALUES ($1)", event)
        yield transaction
        await connection.close()

    return begin


@dataclass
class Line:
    """From the journal to the stream, step by step, with one group of consumers at its end."""

    pool: asyncpg.Pool
    journal: PostgresJournal
    outbox: PostgresOutbox
    stream: RedisEntriesStream
    client: object
    recording: object
    group: str = "group"
    received: list = field(default_factory=list)
    """Ids of the entries that the group was handed, in the order in which it was."""

    async def record(self, number=1):
        given = [self.recording() for _ in range(number)]
        for each in given:
            await self.journal.append(each)
        return [each.entry.id for each in given]

    async def recorded_ids(self):
        return {row["id"] for row in await self.pool.fetch("SELECT id FROM entries")}

    async def unpublished(self, number):
        """Rows that come next; others' transactions on the same server may hold the horizon for a moment."""
        async with asyncio.timeout(60):
            while len(rows := await self.outbox.rows_after(await self.stream.position(), number)) < number:
                await asyncio.sleep(0.005)
        return rows

    async def set_stream_ahead(self):
        """Count two of three rows as published that are not."""
        await self.record(3)
        position = (await self.unpublished(2))[-1].position
        await self.client.execute_command("XSETID", ENTRIES_STREAM, f"{position.major}-{position.minor}")

    async def publish(self, batch_rows_max=7):
        """Publish until nothing waits, held back ones of other tests' transactions included; returns the steps."""
        steps = []
        step_of = PublishOutbox(self.outbox, self.stream, batch_rows_max=batch_rows_max)
        async with asyncio.timeout(60):
            while True:
                moved, step = await self.outbox.move_bulk_events(), await step_of()
                if not (moved or step.published or step.is_held_back):
                    return steps
                steps.append(step)
                await asyncio.sleep(0.005 if step.is_held_back else 0)

    async def send(self, number=1):
        ids = await self.record(number)
        await self.publish()
        return ids

    async def audit(self):
        return await AuditStream(self.outbox, self.stream)()

    async def purge(self):
        return await PurgeOutbox(self.outbox, self.stream)()

    async def make_group(self, start="0"):
        await self.client.xgroup_create(ENTRIES_STREAM, self.group, id=start)

    async def read(self, count=None, *, again=False):
        """Hand the group what comes next, or (`again`) what it did not acknowledge; returns the stream ids."""
        reply = await self.client.xreadgroup(
            self.group, "consumer", {ENTRIES_STREAM: "0" if again else ">"}, count=count
        )
        entries = reply[0][1] if reply else []
        self.received += [decode(fields[EVENT_FIELD.encode()]).id for _, fields in entries if fields]
        return [entry_id for entry_id, _ in entries]

    async def acknowledge(self, stream_ids):
        if stream_ids:
            await self.client.xack(ENTRIES_STREAM, self.group, *stream_ids)

    async def consume(self, count=None):
        await self.acknowledge(await self.read(count))

    async def stream_ids(self):
        return [entry_id for entry_id, _ in await self.client.xrange(ENTRIES_STREAM)]

    async def published_ids(self):
        return [decode(fields[EVENT_FIELD.encode()]).id for _, fields in await self.client.xrange(ENTRIES_STREAM)]

    async def generation(self):
        return (await self.stream.position()).major >> XID_BITS


@pytest.fixture
def line(pool, journal, outbox, stream, streams, recording):
    return Line(pool, journal, outbox, stream, streams, recording)
