import asyncio

import pytest
from fluxo_entries.application.turns import ITEMS_A_TURN, in_turns

pytestmark = pytest.mark.anyio


async def test_others_have_a_turn_every_few_items():
    seen_by_others = []
    taken = 0

    async def somebody_else():
        while True:
            seen_by_others.append(taken)
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    async for _ in in_turns(range(10 * ITEMS_A_TURN)):
        taken += 1
    other.cancel()

    assert seen_by_others == [turn * ITEMS_A_TURN for turn in range(10)]


async def test_all_items_come_in_order():
    assert [item async for item in in_turns(range(2 * ITEMS_A_TURN + 1))] == list(range(2 * ITEMS_A_TURN + 1))
