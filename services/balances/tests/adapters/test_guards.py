"""Each guard of the projector, proved by switching it off: the same story then goes wrong.

Guards are taken out here by patches; the product has no switch for them. The cache's lease is proved in
`test_balance_cache.py`.
"""

from datetime import date

import asyncpg
import pytest
from fluxo_balances.adapters.postgres import projection_sql
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.application.projecting.project_entries import ProjectEntries
from fluxo_balances.application.reading import get_category_totals
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.domain.category_totals import CategorizedRange, CategoryTotalsNotBuiltError
from fluxo_balances.domain.daily_balance import DateRange

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)
KEY = "2026-11-22"

with_and_without = pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def balances(cache_client):
    return RedisBalanceCache(cache_client)


async def store_what_was_read_before(balances):
    await balances.store("m1", KEY, b"old", (await balances.look_up("m1", KEY)).lease)


async def categories(pool):
    """What each category of the day has: credits and how many entries."""
    _, found = await GetCategoryTotals(PostgresDailyBalances(pool))("m1", DateRange(NOV_22, NOV_22))
    return {item.category: (item.totals.credits_minor, item.totals.entry_count) for item in found.items}


async def restart(projecting, member):
    """A projector of the same name takes up what the one before it did not acknowledge."""
    project, events = projecting("p1"), member("p1")
    for _ in range(3):
        await project(project.decode(await events.read(100, 0.05)))
        await project.make_visible()
        await project.acknowledge_visible()


@with_and_without
async def test_the_inbox_recognises_what_was_applied(
    guarded, monkeypatch, projecting, member, stream, recorded, day_totals
):
    if not guarded:
        words = "event_id IN (SELECT event_id FROM new_ids)"
        assert words in projection_sql.APPLY
        monkeypatch.setattr(projection_sql, "APPLY", projection_sql.APPLY.replace(words, "true"))
    await stream.publish(*(recorded("m1", NOV_22, credit=1) for _ in range(10)))
    await restart(projecting, member)  # makes the group
    dying = member("p1")
    await stream.publish(recorded("m1", NOV_22, credit=5))
    deliveries = []
    while not deliveries:
        deliveries = await dying.read(100, 0.05)
    project = projecting("p1")
    await project(project.decode(deliveries))

    await restart(projecting, member)

    assert await day_totals() == {("m1", NOV_22): (15, 0, 11) if guarded else (20, 0, 12)}


@with_and_without
async def test_duplicates_remove_cached_answers_too(
    guarded, monkeypatch, projecting, member, stream, balances, recorded
):
    if not guarded:

        async def show_what_is_new(self):
            await self._answers.invalidate({each.merchant_id for each in self.unacknowledged.show()})

        monkeypatch.setattr(ProjectEntries, "make_visible", show_what_is_new)
    await member("p1").read(1, 0.01)  # makes the group
    await stream.publish(recorded("m1", NOV_22, credit=1))
    project = projecting("p1")
    await project(project.decode(await member("p1").read(100, 0.05) or await member("p1").read(100, 0.05)))
    # It died after the commit. A reader stores what it read before that.
    await store_what_was_read_before(balances)

    await restart(projecting, member)

    assert (await balances.look_up("m1", KEY)).answer == (None if guarded else b"old")
    assert await stream.pending() == {}


@with_and_without
async def test_an_event_is_acknowledged_only_after_the_cached_answers_are_removed(
    guarded, monkeypatch, projecting, member, stream, balances, recorded
):
    if not guarded:

        async def acknowledge_first(self):
            merchant_ids = self.unacknowledged.hidden_merchants
            self.unacknowledged.show()
            await self._events.acknowledge(self.unacknowledged.visible_ids)
            await self._answers.invalidate(merchant_ids)

        monkeypatch.setattr(ProjectEntries, "make_visible", acknowledge_first)

    class DiesWhileRemoving:
        async def invalidate(self, merchant_ids):
            if merchant_ids:
                raise KilledError

    await member("p1").read(1, 0.01)  # makes the group
    await stream.publish(recorded("m1", NOV_22, credit=1))
    await store_what_was_read_before(balances)
    dying = projecting("p1", answers=DiesWhileRemoving())
    await dying(dying.decode(await member("p1").read(100, 0.05) or await member("p1").read(100, 0.05)))
    with pytest.raises(KilledError):
        await dying.make_visible()

    await restart(projecting, member)

    assert (await balances.look_up("m1", KEY)).answer == (None if guarded else b"old")
    assert await stream.pending() == {}


@with_and_without
async def test_the_statement_that_remembers_an_entry_writes_its_category_too(
    guarded, monkeypatch, projecting, member, stream, recorded, pool
):
    await restart(projecting, member)  # makes the group
    await stream.publish(recorded("m1", NOV_22, credit=5, category="Vendas"))
    with monkeypatch.context() as patched:
        if not guarded:
            # Another statement was to write it, and the projector died before that.
            start = projection_sql.APPLY.index("), upserted_categories AS (")
            end = projection_sql.APPLY.index("), upserted_names AS (")
            patched.setattr(projection_sql, "APPLY", projection_sql.APPLY[:start] + projection_sql.APPLY[end:])
        deliveries = []
        while not deliveries:
            deliveries = await member("p1").read(100, 0.05)
        project = projecting("p1")
        await project(project.decode(deliveries))

    await restart(projecting, member)

    if guarded:
        assert await categories(pool) == {"Vendas": (5, 1)}
    else:
        with pytest.raises(CategoryTotalsNotBuiltError):
            await categories(pool)


@with_and_without
async def test_categories_are_shown_only_where_they_add_up_to_their_days(
    guarded, monkeypatch, projecting, member, stream, recorded, pool, balances_database
):
    """As after an entry that the release before applied: it is in the day, and in no category."""
    if not guarded:
        monkeypatch.setattr(get_category_totals, "categorize", CategorizedRange)
    await stream.publish(
        recorded("m1", NOV_22, credit=5, category="Vendas"), recorded("m1", NOV_22, credit=1, category="Luz")
    )
    await restart(projecting, member)
    owner = await asyncpg.connect(balances_database.owner_url)
    await owner.execute("DELETE FROM category_totals WHERE category = 'luz'")
    await owner.close()

    if guarded:
        with pytest.raises(CategoryTotalsNotBuiltError):
            await categories(pool)
    else:
        assert await categories(pool) == {"Vendas": (5, 1)}
