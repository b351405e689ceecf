"""The shared cache, the cache in the process, and the tests' own: each case runs on all of them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.near_cache import NearBalanceCache
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache, AnswerStore
from fluxo_balances.entrypoints.http.answers import render_day
from fluxo_balances.entrypoints.http.conditional_response import CachedResponses, Origin
from fluxo_chassis.resilience import Bulkhead

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
KEY = "2026-11-22"


@pytest.fixture(params=["redis", "near", "memory"])
async def any_cache(request, cache_client, cache_url, memory_cache) -> AsyncIterator[AnswerStore]:
    """What a port promises, every adapter keeps, the tests' own included."""
    if request.param == "near":
        async with NearBalanceCache(cache_url, 1, prepare=CachedResponses) as near:
            yield near
    else:
        yield RedisBalanceCache(cache_client) if request.param == "redis" else memory_cache


async def test_what_was_stored_under_a_lease_is_found(any_cache):
    assert (await any_cache.look_up("m1", KEY)).answer is None
    await any_cache.store("m1", KEY, b"answer", (await any_cache.look_up("m1", KEY)).lease)
    assert (await any_cache.look_up("m1", KEY)).answer == b"answer"


async def test_until_an_update_every_reader_gets_the_same_lease_and_each_merchant_another(any_cache):
    first, again, other_day = [(await any_cache.look_up("m1", key)).lease for key in (KEY, KEY, "2026-11-23")]
    assert first == again == other_day is not None
    assert (await any_cache.look_up("m2", KEY)).lease != first
    await any_cache.invalidate(["m1"])
    assert (await any_cache.look_up("m1", KEY)).lease != first


async def test_without_a_lease_that_stands_nothing_is_stored(any_cache):
    await any_cache.store("m1", KEY, b"answer", b"made up")
    lease = (await any_cache.look_up("m1", KEY)).lease
    await any_cache.invalidate(["m1"])
    await any_cache.store("m1", KEY, b"answer", lease)
    assert (await any_cache.look_up("m1", KEY)).answer is None


async def test_the_lease_of_before_an_update_does_not_pass_for_the_one_after_it(any_cache):
    before = (await any_cache.look_up("m1", KEY)).lease
    await any_cache.invalidate(["m1"])
    after = (await any_cache.look_up("m1", KEY)).lease
    await any_cache.store("m1", KEY, b"old", before)
    assert (await any_cache.look_up("m1", KEY)).answer is None
    await any_cache.store("m1", KEY, b"new", after)
    assert (await any_cache.look_up("m1", KEY)).answer == b"new"


async def test_an_update_removes_all_of_the_merchants_answers_and_nobody_elses(any_cache):
    for merchant_id, key in (("m1", KEY), ("m1", "2026-01-01..2026-11-22"), ("m2", KEY), ("m3", KEY)):
        await any_cache.store(merchant_id, key, b"answer", (await any_cache.look_up(merchant_id, key)).lease)
    await any_cache.invalidate(["m1", "m2", "unknown"])
    assert (await any_cache.look_up("m1", KEY)).answer is None
    assert (await any_cache.look_up("m1", "2026-01-01..2026-11-22")).answer is None
    assert (await any_cache.look_up("m2", KEY)).answer is None
    assert (await any_cache.look_up("m3", KEY)).answer == b"answer"
    await any_cache.invalidate([])


async def test_many_readers_and_updates_at_once_leave_nothing_stale(pool, any_cache, recorded):
    balances, projection = any_cache, PostgresProjection(pool)
    get_daily_balance = GetDailyBalance(PostgresDailyBalances(pool))
    bulkhead = Bulkhead("reads", running_max=8, waiting_max=100, wait_max_s=5)
    answers = AnswerCache(balances, bulkhead, bulkhead, database_is_unavailable=lambda: False)
    updating = asyncio.Event()

    async def read() -> bytes:
        return render_day(*await get_daily_balance("m1", DAY))

    async def keep_reading() -> None:
        while not updating.is_set():
            await answers.get("m1", KEY, read)
            await asyncio.sleep(0)  # What this process holds is answered without giving way.

    readers = [asyncio.create_task(keep_reading()) for _ in range(4)]
    for count in range(1, 51):
        await projection.apply([recorded("m1", DAY, credit=100)])
        await balances.invalidate(["m1"])
        stored = (await balances.look_up("m1", KEY)).answer
        assert stored is None or f'"entry_count":{count},'.encode() in stored
    updating.set()
    await asyncio.gather(*readers)
    await answers.get("m1", KEY, read)
    settled = await answers.get("m1", KEY, read)
    assert settled.origin is Origin.CACHE
    assert b'"entry_count":50,' in settled.body
