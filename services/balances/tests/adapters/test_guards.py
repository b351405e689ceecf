"""Each guard of the projector, proved by switching it off: the same story then goes wrong.

Guards are taken out here by patches; the product has no switch for them. The cache's lease is proved in
`test_balance_cache.py`.
"""

from datetime import date

import pytest
from fluxo_balances.adapters.postgres import projection_sql
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.application.projecting.project_entries import ProjectEntries

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


async def restart(projecting, member):
    """A projector of the same name takes up what the one before it did not acknowledge."""
    project, events = projecting("p1"), member("p1")
    for _ in range(3):
        await project(await events.read(100, 0.05))
        await project.acknowledge_applied()


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
    await projecting("p1")(deliveries)

    await restart(projecting, member)

    assert await day_totals() == {("m1", NOV_22): (15, 0, 11) if guarded else (20, 0, 12)}


@with_and_without
async def test_duplicates_remove_cached_answers_too(
    guarded, monkeypatch, projecting, member, stream, balances, recorded
):
    if not guarded:

        async def acknowledge_with_what_is_new(self):
            await self._answers.invalidate(
                {each.entry.merchant_id for each in self._unacknowledged.values() if each.is_new}
            )
            await self._events.acknowledge(list(self._unacknowledged))
            self._unacknowledged.clear()

        monkeypatch.setattr(ProjectEntries, "acknowledge_applied", acknowledge_with_what_is_new)
    await member("p1").read(1, 0.01)  # makes the group
    await stream.publish(recorded("m1", NOV_22, credit=1))
    await projecting("p1")(await member("p1").read(100, 0.05) or await member("p1").read(100, 0.05))
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
            unacknowledged, self._unacknowledged = self._unacknowledged, {}
            await self._events.acknowledge(list(unacknowledged))
            await self._answers.invalidate({each.entry.merchant_id for each in unacknowledged.values()})

        monkeypatch.setattr(ProjectEntries, "acknowledge_applied", acknowledge_first)

    class DiesWhileRemoving:
        async def invalidate(self, merchant_ids):
            if merchant_ids:
                raise KilledError

    await member("p1").read(1, 0.01)  # makes the group
    await stream.publish(recorded("m1", NOV_22, credit=1))
    await store_what_was_read_before(balances)
    dying = projecting("p1", answers=DiesWhileRemoving())
    await dying(await member("p1").read(100, 0.05) or await member("p1").read(100, 0.05))
    with pytest.raises(KilledError):
        await dying.acknowledge_applied()

    await restart(projecting, member)

    assert (await balances.look_up("m1", KEY)).answer == (None if guarded else b"old")
    assert await stream.pending() == {}
