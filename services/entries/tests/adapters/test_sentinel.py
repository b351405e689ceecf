"""The stream behind a Sentinel: what a failover loses is published again, and nothing twice."""

import asyncio
from dataclasses import replace

import pytest
from fluxo_chassis.redis import RedisClient, RedisError, is_unavailable
from fluxo_contracts.entry_recorded import decode
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream

from tests.harness.sentinel import watched
from tests.harness.waiting import until_true

pytestmark = pytest.mark.anyio


async def published(line):
    """Publish, as the relay does: again while nobody can be written to."""
    async with asyncio.timeout(60):
        while True:
            try:
                await line.publish()
            except RedisError as error:
                if not is_unavailable(error):
                    raise
                await asyncio.sleep(0.02)
            else:
                return


async def test_everything_is_in_the_stream_once_after_failovers(line, own_server, tmp_path):
    servers = [own_server("one", persistent=True), own_server("two", persistent=True)]
    with watched(servers, tmp_path) as both:
        async with RedisClient(both.url) as client:
            there = replace(line, stream=RedisEntriesStream(client))
            recorded = []
            for change in (both.demote, both.kill):
                await until_true(both.knows_a_replica)
                failing_over = asyncio.create_task(asyncio.to_thread(change))
                while not failing_over.done():
                    recorded += await there.record(3)
                    await published(there)
                await failing_over
                # One that is demoted takes writes for a while after Sentinel named the next one, and loses them.
                async with asyncio.timeout(60):
                    while in_stream(both) != recorded:
                        await published(there)


def in_stream(both):
    entries = both.asked(both.primary).xrange(ENTRIES_STREAM)
    return [decode(fields[EVENT_FIELD.encode()]).id for _, fields in entries]
