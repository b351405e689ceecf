import asyncio

import pytest
from fluxo_balances.application.ports import CacheUnavailableError, ReadModelUnavailableError
from fluxo_balances.entrypoints.http.answer_cache import LONG_RUNNING_MAX, AnswerCache
from fluxo_balances.entrypoints.http.conditional_response import Answer, Origin
from fluxo_chassis.resilience import Bulkhead, BulkheadFull

pytestmark = pytest.mark.anyio


class Database:
    def __init__(self) -> None:
        self.answer = b'"old"'
        self.reads = 0
        self.is_unavailable = False
        self.has_read = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self) -> bytes:
        self.reads += 1
        seen = self.answer
        self.has_read.set()
        await self.may_answer.wait()
        return seen


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def answers(memory_cache, database) -> AnswerCache:
    for_days = Bulkhead("days", running_max=8, waiting_max=4, wait_max_s=1)
    for_ranges = Bulkhead("ranges", running_max=4, waiting_max=4, wait_max_s=1)
    return AnswerCache(memory_cache, for_days, for_ranges, database_is_unavailable=lambda: database.is_unavailable)


async def test_the_first_read_asks_the_database_and_the_next_ones_the_cache(answers, database):
    assert await answers.get("m1", "2026-11-22", database.read) == Answer(b'"old"', Origin.DATABASE_STORED)
    assert await answers.get("m1", "2026-11-22", database.read) == Answer(b'"old"', Origin.CACHE)
    assert database.reads == 1


async def test_readers_of_the_same_answer_share_one_read_even_if_the_first_goes_away(answers, database):
    database.may_answer.clear()
    readers = [asyncio.create_task(answers.get("m1", "2026-11-22", database.read)) for _ in range(20)]
    await database.has_read.wait()
    readers[0].cancel()
    database.may_answer.set()
    served = await asyncio.gather(*readers[1:])
    assert {each.body for each in served} == {b'"old"'}
    assert database.reads == 1


async def test_while_the_cache_is_unavailable_the_database_is_read_and_nothing_is_stored(
    answers, database, memory_cache
):
    memory_cache.is_unavailable = True
    assert await answers.get("m1", "2026-11-22", database.read) == Answer(b'"old"', Origin.DATABASE)
    assert not memory_cache.answers


async def test_a_bypass_reads_the_database_and_stores_nothing(answers, database, memory_cache):
    memory_cache.answers["m1", "2026-11-22"] = b'"older"'
    assert await answers.bypass("m1", database.read) == Answer(b'"old"', Origin.BYPASS)
    assert memory_cache.answers["m1", "2026-11-22"] == b'"older"'


async def test_a_merchants_long_reads_come_one_after_the_other_and_keep_no_short_one_waiting(answers, database):
    running, most = set(), []

    async def read_long() -> bytes:
        running.add(asyncio.current_task())
        most.append(len(running))
        await asyncio.sleep(0.01)
        running.discard(asyncio.current_task())
        return b'"long"'

    crowd = [asyncio.create_task(answers.bypass("m1", read_long, is_long=True)) for _ in range(5)]
    await asyncio.sleep(0)
    assert (await answers.bypass("m1", database.read)).body == b'"old"'
    assert most == [1]
    assert (await answers.bypass("m2", read_long, is_long=True)).body == b'"long"'
    await asyncio.gather(*crowd)
    assert max(most) == LONG_RUNNING_MAX


async def test_days_wait_for_no_range_and_more_of_them_are_read_at_once(answers, database):
    database.may_answer.clear()
    ranges = [asyncio.create_task(answers.get("m1", f"range {number}", database.read)) for number in range(5)]
    days = [asyncio.create_task(answers.get("m1", f"day {number}", database.read, is_day=True)) for number in range(9)]
    days += [asyncio.create_task(answers.bypass("m2", database.read, is_day=True))]
    while database.reads < 4 + 8:  # noqa: ASYNC110 - what must not come is no event
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert database.reads == 4 + 8
    database.may_answer.set()
    await asyncio.gather(*ranges, *days)
    assert database.reads == len(ranges) + len(days)


async def test_while_the_database_is_unavailable_the_cached_answer_is_stale(answers, database):
    await answers.get("m1", "2026-11-22", database.read)
    database.is_unavailable = True
    assert (await answers.get("m1", "2026-11-22", database.read)).origin is Origin.STALE
    with pytest.raises(ReadModelUnavailableError):
        await answers.get("m1", "2026-11-23", database.read)
    assert database.reads == 1


async def test_after_a_failed_read_the_next_one_tries_again(answers, database, memory_cache):
    async def fail() -> bytes:
        raise ReadModelUnavailableError

    with pytest.raises(ReadModelUnavailableError):
        await answers.get("m1", "2026-11-22", fail)
    assert (await answers.get("m1", "2026-11-22", database.read)).body == b'"old"'


async def test_a_reader_that_is_turned_away_keeps_nobody_from_storing(answers, memory_cache, database):
    full = Bulkhead("full", running_max=0, waiting_max=0, wait_max_s=1)
    with pytest.raises(BulkheadFull):
        await AnswerCache(memory_cache, full, full, database_is_unavailable=lambda: False).get(
            "m1", "2026-11-22", database.read
        )
    assert (await answers.get("m1", "2026-11-22", database.read)).origin is Origin.DATABASE_STORED


async def test_what_is_invalidated_is_read_anew(answers, database, memory_cache):
    memory_cache.answers["m1", "2026-11-22"] = b'"older"'
    await answers.invalidate(["m1"])
    assert (await answers.get("m1", "2026-11-22", database.read)).body == b'"old"'


async def test_nobody_joins_a_read_that_began_before_an_invalidation(answers, database):
    database.may_answer.clear()
    early = asyncio.create_task(answers.get("m1", "2026-11-22", database.read))
    await database.has_read.wait()
    database.answer = b'"new"'
    await answers.invalidate(["m1"])
    late = asyncio.create_task(answers.get("m1", "2026-11-22", database.read))
    database.may_answer.set()
    assert [(await each).body for each in (early, late)] == [b'"old"', b'"new"']
    assert (await answers.get("m1", "2026-11-22", database.read)).body == b'"new"'


async def test_what_this_process_holds_is_served_as_it_is_only_while_the_database_is_there(answers, database):
    assert answers.peek("m1", "2026-11-22") is None
    await answers.get("m1", "2026-11-22", database.read)
    held = answers.peek("m1", "2026-11-22")
    assert held.response(b"GET", None, route="/", tenant="m1").body == b'"old"'
    database.is_unavailable = True
    assert answers.peek("m1", "2026-11-22") is None


async def test_nobody_joins_an_old_read_though_the_shared_answers_could_not_be_removed(
    answers, database, memory_cache, monkeypatch
):
    async def fail(_merchant_ids):
        raise CacheUnavailableError

    monkeypatch.setattr(memory_cache, "invalidate", fail)
    database.may_answer.clear()
    early = asyncio.create_task(answers.get("m1", "2026-11-22", database.read))
    await database.has_read.wait()
    database.answer = b'"new"'
    with pytest.raises(CacheUnavailableError):
        await answers.invalidate(["m1"])
    late = asyncio.create_task(answers.get("m1", "2026-11-22", database.read))
    database.may_answer.set()
    assert [(await each).body for each in (early, late)] == [b'"old"', b'"new"']
