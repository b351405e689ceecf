"""Whose recordings go into the next statement, and who gives way when too many wait."""

import asyncio

import pytest
from fluxo_chassis.resilience import CircuitBreaker
from fluxo_entries.adapters.postgres import group_commit
from fluxo_entries.adapters.postgres.group_commit import BATCH_ROWS_MAX, GroupCommitter
from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.domain.errors import OverloadedError, OverShareError

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]


class Statements:
    """Stands in for the connections: a statement takes a hundredth of a second; `sent` holds whose were in each.

    `began` holds when each was sent, in milliseconds since the first. `take_s` is what each takes if not a hundredth.
    """

    def __init__(self) -> None:
        self.take_s: dict[str, float] = {}
        self.sent: list[list[str]] = []
        self._began: list[float] = []

    @property
    def began(self):
        return [round(1_000 * (each - self._began[0])) for each in self._began]

    def connection(self, *_given):
        return self

    async def commit(self, recordings, due):
        assert due > asyncio.get_running_loop().time()
        self.sent.append([each.entry.merchant_id for each in recordings])
        self._began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.take_s.get(recordings[0].entry.merchant_id, 0.01))
        return [Outcome(each.entry) for each in recordings]

    async def close(self):
        pass


@pytest.fixture
def statements(monkeypatch):
    statements = Statements()
    monkeypatch.setattr(group_commit, "CommitConnection", statements.connection)
    return statements


@pytest.fixture
async def committer(statements):
    async with GroupCommitter("", "test", CircuitBreaker("test-turns"), queue_rows_max=1_000) as committer:
        yield committer


@pytest.fixture
def come(committer, recording):
    async def come(merchant_id, number):
        callers = [asyncio.ensure_future(committer.append(recording(merchant_id=merchant_id))) for _ in range(number)]
        await asyncio.sleep(0)
        return callers

    return come


async def test_what_comes_while_a_group_is_written_goes_out_together(statements, come):
    callers = await come("first", 1)
    for merchant_id in ("one", "two", "three"):
        await asyncio.sleep(0.001)
        callers += await come(merchant_id, 1)
    await asyncio.gather(*callers)
    # When the first takes long, they do not wait for its end.
    assert statements.sent == [["first"], ["one", "two", "three"]]
    assert statements.began == [0, 5]


async def test_who_comes_when_a_group_was_written_is_written_at_once(statements, come):
    statements.take_s["one"] = 0.001
    for _ in range(3):
        await asyncio.gather(*await come("one", 1))
    assert statements.sent == [["one"]] * 3
    assert statements.began == [0, 1, 2]


async def test_the_end_of_one_group_leaves_the_other_its_time(statements, come):
    statements.take_s |= {"first": 0.002, "late": 0.001}
    callers = [*await come("first", 1), *await come("crowd", BATCH_ROWS_MAX)]
    await asyncio.sleep(0.003)
    await asyncio.gather(*callers, *await come("late", 1))
    assert statements.sent == [["first"], ["crowd"] * BATCH_ROWS_MAX, ["late"]]
    assert statements.began == [0, 0, 5]


async def test_a_group_begun_later_has_its_whole_time(statements, come):
    statements.take_s["first"] = 0.004
    callers = await come("first", 1)
    await asyncio.sleep(0.003)
    callers += await come("crowd", BATCH_ROWS_MAX)
    await asyncio.sleep(0.003)
    await asyncio.gather(*callers, *await come("late", 1))
    assert statements.began == [0, 3, 8]


async def test_as_many_as_a_group_may_hold_wait_for_nothing(statements, come):
    callers = [*await come("first", 1), *await come("crowd", BATCH_ROWS_MAX)]
    await asyncio.gather(*callers)
    assert statements.sent == [["first"], ["crowd"] * BATCH_ROWS_MAX]
    assert statements.began == [0, 0]


async def test_a_merchants_crowd_keeps_nobody_else_waiting(statements, come):
    crowd = [*await come("crowd", 1_000), *await come("crowd", 2 * BATCH_ROWS_MAX)]
    others = [*await come("one", 1), *await come("other", 2)]
    await asyncio.gather(*others)
    first_with_others = next(n for n, sent in enumerate(statements.sent) if "one" in sent)
    assert first_with_others <= 2  # the statements that were under way when they came
    assert statements.sent[first_with_others][:5] == ["crowd", "one", "other", "crowd", "other"]
    assert not all(each.done() for each in crowd)
    results = await asyncio.gather(*crowd, return_exceptions=True)
    # They came to a full queue: as many of the crowd's last gave way.
    assert [type(result) for result in results if isinstance(result, Exception)] == [OverShareError] * 3
    assert all(isinstance(result, Outcome) for result in results[:-3])


async def test_alone_a_merchant_has_the_whole_queue_and_is_told_that_it_is_full(come):
    results = await asyncio.gather(*await come("alone", 1_500), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in refused} == {OverloadedError}
    assert len(refused) == 500


async def test_who_has_as_many_as_the_others_is_told_that_it_is_its_part(come):
    crowd = await come("crowd", 800)
    more = await come("more", 900)
    await asyncio.gather(*crowd, *more, return_exceptions=True)
    refused = [[type(each.exception()) for each in callers if each.exception()] for callers in (crowd, more)]
    # Half of the places for each, beside those of the crowd's that were under way.
    assert refused == [[OverShareError] * (800 - 2 * BATCH_ROWS_MAX - 500), [OverShareError] * 400]
