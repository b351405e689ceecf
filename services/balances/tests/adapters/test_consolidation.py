import asyncio
from datetime import date

import pytest
from fluxo_balances.adapters.postgres import consolidation as module
from fluxo_balances.adapters.postgres.consolidation import PROJECTION_CHANNEL, PostgresConsolidation
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.postgres.projection_sql import NOTIFIED_ENTRIES_MAX
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.resilience import BulkheadFull

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)


class CountingPool:
    """Counts the statements that were answered."""

    def __init__(self, pool) -> None:
        self._pool = pool
        self.statements = 0

    async def fetch(self, *arguments):
        rows = await self._pool.fetch(*arguments)
        self.statements += 1
        return rows


@pytest.fixture
def counting_pool(pool) -> CountingPool:
    return CountingPool(pool)


@pytest.fixture
async def consolidation(counting_pool, balances_database):
    async with (
        Notifications(balances_database.url, PROJECTION_CHANNEL) as notifications,
        PostgresConsolidation(counting_pool, notifications) as consolidation,
    ):
        await notifications.wait(60)
        yield consolidation


async def test_whoever_waits_is_woken_by_the_commit_and_not_by_the_next_poll(
    pool, consolidation, recorded, monkeypatch
):
    monkeypatch.setattr(module, "POLL_S", 600)
    await consolidation.wait_for("m1", recorded("m1", DAY, credit=1).id, 0.3)  # the shorter poll has run out
    for _ in range(5):
        entry = recorded("m1", DAY, credit=1)
        waiter = asyncio.create_task(consolidation.wait_for("m1", entry.id, 60))
        await asyncio.sleep(0.02)
        await PostgresProjection(pool).apply([entry])
        assert await waiter


@pytest.mark.parametrize(
    ("beside", "merchant_id", "looks"),
    [(0, "m1", 1), (NOTIFIED_ENTRIES_MAX, "m1", 2), (1, "é" * 4_000, 2)],
    ids=["one", "too many", "too long"],
)
async def test_a_notification_tells_which_entries_it_was_unless_they_are_too_many(
    pool, counting_pool, consolidation, recorded, monkeypatch, eventually, beside, merchant_id, looks
):
    monkeypatch.setattr(module, "POLL_S", 600)
    await consolidation.wait_for("m1", recorded("m1", DAY, credit=1).id, 0.3)  # the shorter poll has run out
    entry = recorded(merchant_id, DAY, credit=1)
    before = counting_pool.statements

    async def looked_once() -> bool:
        return counting_pool.statements == before + 1

    own, anothers = (asyncio.create_task(consolidation.wait_for(who, entry.id, 60)) for who in (merchant_id, "m2"))
    await eventually(looked_once)
    await PostgresProjection(pool).apply([entry, *(recorded("m1", DAY, credit=1) for _ in range(beside))])
    assert await own
    assert counting_pool.statements - before == looks
    assert not anothers.done()
    anothers.cancel()


async def test_a_lost_notification_costs_a_poll(pool, balances_database, recorded):
    async with (
        Notifications(balances_database.url, "another_channel") as deaf,
        PostgresConsolidation(pool, deaf) as consolidation,
    ):
        entry = recorded("m1", DAY, credit=1)
        waiter = asyncio.create_task(consolidation.wait_for("m1", entry.id, 60))
        await asyncio.sleep(0.02)
        await PostgresProjection(pool).apply([entry])
        assert await waiter


async def test_all_who_wait_are_looked_up_together(pool, counting_pool, consolidation, recorded, eventually):
    entries = [recorded(f"m{number % 4}", DAY, credit=1) for number in range(200)]
    waiters = [asyncio.create_task(consolidation.wait_for(entry.merchant_id, entry.id, 60)) for entry in entries]

    async def looked() -> bool:
        return counting_pool.statements > 0

    await eventually(looked)
    counting_pool.statements = 0
    await PostgresProjection(pool).apply(entries)
    assert all(await asyncio.gather(*waiters))
    assert counting_pool.statements <= 2


async def test_only_so_many_may_wait(counting_pool, recorded, monkeypatch):
    monkeypatch.setattr(module, "WAITERS_MAX", 1)
    consolidation = PostgresConsolidation(counting_pool, Notifications("", PROJECTION_CHANNEL))
    waiter = asyncio.create_task(consolidation.wait_for("m1", recorded("m1", DAY, credit=1).id, 1))
    await asyncio.sleep(0)
    with pytest.raises(BulkheadFull):
        await consolidation.wait_for("m1", recorded("m1", DAY, credit=1).id, 1)
    waiter.cancel()
    await asyncio.wait([waiter])
    assert not await consolidation.wait_for("m1", recorded("m1", DAY, credit=1).id, 0.01)


async def test_a_merchants_crowd_is_looked_up_when_it_comes_and_goes_and_leaves_the_others_to_wait(
    pool, counting_pool, consolidation, recorded, monkeypatch
):
    monkeypatch.setattr(module, "POLL_S", 600)
    ids = [recorded("crowd", DAY, credit=1).id for _ in range(module.WAITERS_OF_MERCHANT_MAX)]
    crowd = [asyncio.create_task(consolidation.wait_for("crowd", entry_id, 60)) for entry_id in ids]
    await asyncio.sleep(0)
    there, entry = recorded("crowd", DAY, credit=1), recorded("m2", DAY, credit=1)
    await PostgresProjection(pool).apply([there])
    counting_pool.statements = 0
    late = [recorded("crowd", DAY, credit=1) for _ in range(200)]
    many = [asyncio.create_task(consolidation.wait_for("crowd", each.id, 0.3)) for each in late]
    assert await consolidation.wait_for("crowd", there.id, 60)
    assert counting_pool.statements <= 3
    await PostgresProjection(pool).apply(late[:1])
    assert await asyncio.gather(*many) == [True] + [False] * 199
    other = asyncio.create_task(consolidation.wait_for("m2", entry.id, 60))
    await asyncio.sleep(0)
    await PostgresProjection(pool).apply([entry])
    assert await other
    assert not any(each.done() for each in crowd)
    for each in crowd:
        each.cancel()


async def test_who_has_no_time_to_wait_is_told_what_is_there(pool, consolidation, recorded):
    entry = recorded("m1", DAY, credit=1)
    assert not await consolidation.wait_for("m1", entry.id, 0)
    await PostgresProjection(pool).apply([entry])
    assert await consolidation.wait_for("m1", entry.id, 0)


async def test_a_look_up_that_fails_is_repeated(counting_pool, consolidation, recorded, pool, monkeypatch):
    entry = recorded("m1", DAY, credit=1)
    await PostgresProjection(pool).apply([entry])
    fetch = counting_pool.fetch

    async def fail_once(*_arguments):
        counting_pool.fetch = fetch
        raise ConnectionResetError

    counting_pool.fetch = fail_once
    assert await consolidation.wait_for("m1", entry.id, 60)
