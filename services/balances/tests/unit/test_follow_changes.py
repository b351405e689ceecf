import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_balances.application.reading import follow_changes as module
from fluxo_balances.application.reading.follow_changes import (
    GATHER_S,
    LOOK_EVERY_S,
    RETRY_EVERY_S,
    FollowChanges,
    TooManyFollowersError,
)

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

AT_ONCE_S = 2 * GATHER_S


@dataclass
class Answers:
    is_unavailable: bool = False
    invalidated: list[list[str]] = field(default_factory=list)

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        self.invalidated.append(sorted(merchant_ids))
        if self.is_unavailable:
            raise CacheUnavailableError


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def follow(memory_positions, answers, stop) -> AsyncIterator[FollowChanges]:
    follow = FollowChanges(memory_positions, answers)
    watching = asyncio.create_task(follow.watch(stop))
    yield follow
    stop.set()
    await watching


async def told(follower, within_s: float = AT_ONCE_S) -> str | None:
    """Return the id that comes next, "away" where there is no position, None where nothing comes in time."""
    try:
        async with asyncio.timeout(within_s):
            position = await anext(follower)
    except TimeoutError:
        return None
    return "away" if position is None else position.id


async def test_who_begins_is_told_where_the_merchant_stands_and_then_of_each_change(follow, memory_positions):
    follower, stranger = follow("m1", ""), follow("m2", "")
    assert (await told(follower), await told(stranger)) == ("0", "0")
    memory_positions.changes["m1"] += 1
    follow.hear(["m1"])
    assert await told(follower) == "1"
    assert await told(stranger) is None
    assert await told(follower) is None


@pytest.mark.parametrize(("known", "first"), [("7", None), ("6", "7"), ("made up", "7"), ("", "7")])
async def test_who_names_the_position_that_holds_is_told_nothing_until_something_changes(
    follow, memory_positions, known, first
):
    memory_positions.changes["m1"] = 7
    follower = follow("m1", known)
    assert await told(follower) == first
    memory_positions.changes["m1"] = 8
    follow.hear(["m1"])
    assert await told(follower) == "8"


async def test_a_caller_that_is_slow_is_told_the_newest_only(follow, memory_positions):
    follower = follow("m1", "")
    for _ in range(5):
        memory_positions.changes["m1"] += 1
        follow.hear(["m1"])
        await asyncio.sleep(AT_ONCE_S)
    assert await told(follower) == "5"
    assert await told(follower) is None


async def test_all_who_follow_are_looked_up_together_and_nobody_else(follow, memory_positions):
    merchants = {f"m{number}" for number in range(200)}
    followers = [follow(merchant, "") for merchant in merchants]
    assert [await told(each) for each in followers] == ["0"] * 200
    assert memory_positions.asked == [merchants]
    follow.hear(["another"])
    await asyncio.sleep(AT_ONCE_S)
    assert memory_positions.asked == [merchants]
    follow.hear()  # after the connection was lost
    await asyncio.sleep(AT_ONCE_S)
    assert memory_positions.asked == [merchants] * 2


async def test_many_changes_in_a_moment_cost_few_looks(follow, memory_positions):
    follower = follow("m1", "")
    for _ in range(1_000):
        memory_positions.changes["m1"] += 1
        follow.hear(["m1"])
        await asyncio.sleep(GATHER_S / 100)
    assert len(memory_positions.asked) <= 11
    await asyncio.sleep(AT_ONCE_S)
    assert await told(follower) == "1000"


async def test_what_a_notification_was_lost_for_is_told_all_the_same(follow, memory_positions):
    follower = follow("m1", "")
    await told(follower)
    memory_positions.changes["m1"] += 1
    assert await told(follower, LOOK_EVERY_S + AT_ONCE_S) == "1"


async def test_who_is_told_finds_no_answer_of_before_in_the_cache(follow, memory_positions, answers):
    follower = follow("m1", "")
    await told(follower)
    assert answers.invalidated == [["m1"]]
    follow.hear()
    assert await told(follower) is None
    assert answers.invalidated == [["m1"]]
    memory_positions.changes["m1"] += 1
    answers.is_unavailable = True
    follow.hear()
    assert await told(follower) == "1"
    assert answers.invalidated == [["m1"]] * 2


async def test_while_nobody_can_tell_it_is_said_once_and_then_where_the_merchant_stands(follow, memory_positions):
    followers = [follow("m1", ""), follow("m2", "")]
    assert [await told(each) for each in followers] == ["0", "0"]
    memory_positions.is_unavailable = True
    follow.hear(["m1"])
    assert [await told(each) for each in followers] == ["away", "away"]
    assert await told(followers[0], 10 * RETRY_EVERY_S) is None
    assert await told(late := follow("m3", "")) == "away"
    memory_positions.is_unavailable = False
    assert [await told(each, RETRY_EVERY_S + AT_ONCE_S) for each in (*followers, late)] == ["0", "0", "0"]


async def test_only_so_many_may_follow(follow, monkeypatch):
    monkeypatch.setattr(module, "FOLLOWERS_MAX", 3)
    monkeypatch.setattr(module, "FOLLOWERS_PER_MERCHANT_MAX", 2)
    first, second = follow("m1", ""), follow("m1", "")
    with pytest.raises(TooManyFollowersError):
        follow("m1", "")
    follow("m2", "")
    with pytest.raises(TooManyFollowersError):
        follow("m3", "")
    with first:
        pass
    assert await told(follow("m1", "")) == await told(second) == "0"


async def test_nobody_follows_a_process_that_is_told_to_stop(follow, stop):
    follower = follow("m1", "0")
    waiting = asyncio.create_task(anext(follower))
    await asyncio.sleep(AT_ONCE_S)
    stop.set()
    with pytest.raises(StopAsyncIteration):
        await waiting
    with pytest.raises(StopAsyncIteration):
        await anext(follow("m1", ""))


async def test_a_watch_that_fails_is_not_silent(memory_positions, answers, stop):
    follow = FollowChanges(memory_positions, answers)
    memory_positions.positions = None
    follow("m1", "")
    with pytest.raises(ExceptionGroup):
        await follow.watch(stop)
