import asyncio
import random

import pytest
from fluxo_entries.application.recording import cooperative
from fluxo_entries.application.recording.cooperative import (
    AT_A_TIME_S,
    LOOKS_MAX,
    PIECE_ITEMS,
    TURNS,
    in_pieces,
    let_short_work_pass,
    short_work,
    sorted_in_turns,
    yielding,
)

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


@pytest.fixture
def turns(monkeypatch):
    """Return a list that grows with each turn of somebody else; each look at the clock is two milliseconds later."""
    looks, seen = iter(range(1_000_000)), []
    monkeypatch.setattr(cooperative.time, "perf_counter", lambda: 2 * next(looks) * AT_A_TIME_S)
    return seen


async def beside(seen, work):
    async def somebody_else():
        while True:
            seen.append(None)
            await asyncio.sleep(0)

    other = asyncio.create_task(somebody_else())
    try:
        return await work
    finally:
        other.cancel()


async def test_what_is_cheap_comes_in_pieces_with_turns_of_others_between(turns):
    async def work():
        return [piece async for piece in in_pieces(iter(range(950)))]

    pieces = await beside(turns, work())

    assert [len(piece) for piece in pieces] == [PIECE_ITEMS] * 9 + [50]
    assert [item for piece in pieces for item in piece] == list(range(950))
    assert len(turns) >= TURNS * len(pieces)


@pytest.mark.parametrize("count", [0, 1, PIECE_ITEMS, 2_345])
async def test_sorting_gives_others_turns_and_the_same_order(turns, count):
    keys = [("m", f"key-{number}") for number in range(count)]
    random.Random(7).shuffle(keys)

    assert await beside(turns, sorted_in_turns(keys)) == sorted(keys)
    assert len(turns) >= TURNS * (count // PIECE_ITEMS)


@pytest.fixture
def looks(monkeypatch):
    """Let each wait for short work be a turn of the loop; return how many there were, as a list of nothing."""
    waits, sleep = [], asyncio.sleep

    async def look(_seconds):
        waits.append(None)
        await sleep(0)

    monkeypatch.setattr(cooperative.asyncio, "sleep", look)
    return waits


async def test_long_work_waits_for_short_work_to_end(looks):
    with short_work:
        passing = asyncio.create_task(let_short_work_pass())
        while len(looks) < 2:
            assert not passing.done()
            await asyncio.sleep(0)
    await passing

    assert len(looks) < LOOKS_MAX + 2


async def test_a_crowd_of_short_work_does_not_keep_long_work_for_good(looks):
    with short_work:
        await let_short_work_pass()

    assert len(looks) == LOOKS_MAX


async def test_where_there_is_none_long_work_goes_on_at_once(looks):
    await let_short_work_pass()

    assert looks == []
