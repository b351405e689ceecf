"""A fault breaks what it says and nothing else."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM

sys.path.insert(0, str(Path(__file__).parent))

from faults.deliveries import EVENTS_MAX, rewind

from tests.harness.proxy import Proxy

pytestmark = pytest.mark.anyio

READ = EVENTS_MAX + 50
PUBLISHED = READ + EVENTS_MAX + 50


async def test_a_group_that_lags_far_behind_is_set_back_and_skips_nothing(streams):
    async def take(count):
        reply = await streams.xreadgroup(DAILY_BALANCES_GROUP, "p1", {ENTRIES_STREAM: ">"}, count=count)
        return [stream_id for stream_id, _ in reply[0][1]]

    await streams.xgroup_create(ENTRIES_STREAM, DAILY_BALANCES_GROUP, "0", mkstream=True)
    published = [await streams.xadd(ENTRIES_STREAM, {"event": "x"}) for _ in range(PUBLISHED)]
    first = await take(READ)

    await rewind(streams)

    again = await take(PUBLISHED)
    assert set(first) & set(again), "nothing came twice"
    assert sorted({*first, *again}) == sorted(published)


async def test_who_is_shut_out_is_cut_off_and_nobody_else(streams_url):
    async def answer_to(host):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, local_addr=(host, 0))
        writer.write(b"PING\r\n")
        try:
            return await asyncio.wait_for(reader.read(1), 10), reader, writer
        except ConnectionResetError:
            return b"", reader, writer

    async with Proxy(streams_url) as proxy:
        before, reader, _ = await answer_to("127.0.0.12")
        proxy.shut_out({"127.0.0.12"})

        assert before != b""
        with suppress(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 10)
        assert (await answer_to("127.0.0.12"))[0] == b""
        assert (await answer_to("127.0.0.1"))[0] != b""
