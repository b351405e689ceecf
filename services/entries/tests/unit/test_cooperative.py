import asyncio
import random
from types import SimpleNamespace

import pytest
from fluxo_entries.application import cooperative
from fluxo_entries.application.cooperative import (
    AT_A_TIME_S,
    COMES_WITHIN_S,
    PIECE_ITEMS,
    REST,
    REST_MAX_S,
    TURNS,
    ShortWork,
    give_way,
    in_pieces,
    sorted_in_turns,
    then_rest,
    yielding,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_work(monkeypatch):
    """Return what nobody else begins."""
    fresh = ShortWork()
    monkeypatch.setattr(cooperative, "short_work", fresh)
    return fresh


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

    assert [len(piece) for piece in pieces] == [PIECE_ITEMS] * 7 + [75]
    assert [item for piece in pieces for item in piece] == list(range(950))
    assert len(turns) >= TURNS * len(pieces)


@pytest.mark.parametrize("count", [0, 1, PIECE_ITEMS, 2_345])
async def test_sorting_gives_others_turns_and_the_same_order(turns, count):
    keys = [("m", f"key-{number}") for number in range(count)]
    random.Random(7).shuffle(keys)

    assert await beside(turns, sorted_in_turns(keys)) == sorted(keys)
    assert len(turns) >= TURNS * (count // PIECE_ITEMS)


@pytest.fixture
def rests(monkeypatch):
    """Let each rest be a turn of the loop, and the clock say when it is over; return how long each was."""
    slept, now_s, sleep = [], [100.0], asyncio.sleep

    async def rest(seconds):
        if seconds:
            slept.append(seconds)
            now_s[0] += seconds
        await sleep(0)

    monkeypatch.setattr(cooperative.asyncio, "sleep", rest)
    monkeypatch.setattr(cooperative.time, "perf_counter", lambda: now_s[0])
    return SimpleNamespace(slept=slept, now_s=now_s)


async def work(rests, slices):
    async for _ in yielding(range(slices)):
        rests.now_s[0] += AT_A_TIME_S


async def test_where_no_short_work_comes_long_work_goes_on_at_once(rests):
    await work(rests, 9)
    await then_rest(asyncio.sleep(0))

    assert rests.slept == []


async def test_where_short_work_is_under_way_long_work_rests_after_each_slice(rests, short_work):
    with short_work:
        await work(rests, 5)

    assert rests.slept == [pytest.approx(REST * AT_A_TIME_S)] * 4


async def test_short_work_that_ended_lately_is_expected_to_come_again(rests, short_work):
    with short_work:
        pass
    rests.now_s[0] += COMES_WITHIN_S - AT_A_TIME_S
    await give_way()
    assert len(rests.slept) == 1
    rests.now_s[0] += AT_A_TIME_S
    await give_way()
    assert len(rests.slept) == 1


@pytest.mark.parametrize(("took_s", "rest_s"), [(0.004, 0.004 * REST), (1.0, REST_MAX_S)])
async def test_after_a_statement_long_work_rests_by_how_long_it_took_and_never_long(rests, short_work, took_s, rest_s):
    async def statement():
        rests.now_s[0] += took_s
        return "done"

    with short_work:
        assert await then_rest(statement()) == "done"

    assert rests.slept == [pytest.approx(rest_s)]


async def test_what_has_few_items_never_rests(rests, short_work):
    with short_work:
        assert [item async for item in yielding(range(50))] == list(range(50))

    assert rests.slept == []
