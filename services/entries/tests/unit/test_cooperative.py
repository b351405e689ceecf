import asyncio

import pytest
from fluxo_entries.application.recording import cooperative
from fluxo_entries.application.recording.cooperative import AT_A_TIME_S, TURNS, yielding

pytestmark = pytest.mark.anyio


async def test_others_have_turns_every_millisecond_of_work(monkeypatch):
    # A quarter of a turn each: of large items it is fewer, of small ones more.
    monkeypatch.setattr(cooperative.time, "perf_counter", lambda: taken * AT_A_TIME_S / 4)
    seen_by_others = []
    taken = 0

    async def somebody_else():
        while True:
            seen_by_others.append(taken)
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    async for _ in yielding(range(40)):
        taken += 1
    other.cancel()

    assert seen_by_others == [taken for taken in range(0, 40, 4) for _ in range(TURNS)]


async def test_all_items_come_in_order():
    assert [item async for item in yielding(range(501))] == list(range(501))
