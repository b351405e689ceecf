"""A fault breaks what it says and nothing else."""

import sys
from pathlib import Path

import pytest
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM

sys.path.insert(0, str(Path(__file__).parent))

from faults.deliveries import EVENTS_MAX, rewind

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
