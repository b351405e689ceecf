import asyncio

import pytest
from fluxo_entries.application.recording.cooperative import ITEMS_AT_A_TIME, yielding

pytestmark = pytest.mark.anyio


async def test_others_have_a_turn_every_few_items():
    seen_by_others = []
    taken = 0

    async def somebody_else():
        while True:
            seen_by_others.append(taken)
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    async for _ in yielding(range(10 * ITEMS_AT_A_TIME)):
        taken += 1
    other.cancel()

    assert seen_by_others == [turn * ITEMS_AT_A_TIME for turn in range(10)]


async def test_all_items_come_in_order():
    assert [item async for item in yielding(range(2 * ITEMS_AT_A_TIME + 1))] == list(range(2 * ITEMS_AT_A_TIME + 1))
