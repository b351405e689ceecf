from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import (
    DeadLetter,
    Delivery,
    RecordedEntry,
    SkipReason,
)
from fluxo_balances.application.projecting.project_entries import (
    DELIVERIES_MAX,
    ProjectEntries,
    SkippedEvent,
)
from fluxo_balances.application.projecting.purge_inbox import PurgeInbox
from fluxo_balances.application.projecting.unacknowledged_events import UNACKNOWLEDGED_MAX
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.merchant_settings import MerchantSettings

from services.balances.tests.fakes import World

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
TODAY = date(2026, 11, 22)


class Clock:
    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now

    def monotonic(self) -> float:
        return self._world.monotonic_s


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world) -> ProjectEntries:
    return ProjectEntries(world, world, world, Clock(world), world.decode)


@pytest.fixture
def delivery(world, recorded):
    """A delivery of a new entry."""

    def build(merchant_id: str = "m1", *, at: datetime = NOW, deliveries: int = 1, stream_id: str | None = None):
        entry = recorded(merchant_id, TODAY, credit=1, at=at)
        payload = entry.id.bytes
        world.entries[payload] = entry
        return Delivery(stream_id or f"{len(world.entries)}-1", payload, deliveries)

    return build


def entry_id(delivery: Delivery) -> UUID:
    return UUID(bytes=delivery.payload)


async def finished(project: ProjectEntries) -> list[RecordedEntry]:
    """Go the whole way with what was applied; returns what became visible."""
    visible = await project.make_visible()
    assert await project.acknowledge_visible() is None
    return visible


async def test_a_batch_is_applied_the_cache_is_told_the_database_confirms_and_then_it_is_acknowledged(
    world, project, delivery
):
    batch = [delivery("m2"), delivery("m1"), delivery("m2")]
    projected = await project(project.decode(batch))
    visible = await finished(project)
    assert world.journal == [("applied", 3), ("invalidated", ["m1", "m2"]), ("confirmed", 1), ("acknowledged", 3)]
    assert (projected.applied, projected.duplicates) == (3, 0)
    assert [entry.id for entry in visible] == [entry_id(each) for each in batch]
    assert world.acknowledged == [each.stream_id for each in batch]


async def test_a_duplicate_goes_the_whole_way_too(world, project, delivery):
    again = delivery()
    world.inbox.add(entry_id(again))
    projected = await project(project.decode([again]))
    visible = await finished(project)
    assert world.journal == [("applied", 0), ("invalidated", ["m1"]), ("confirmed", 1), ("acknowledged", 1)]
    assert (projected.applied, projected.duplicates) == (0, 1)
    assert visible == []


async def test_nothing_to_do_asks_nobody(world, project):
    assert (await project(project.decode([]))).applied == 0
    assert await finished(project) == []
    assert world.journal == []


async def test_poison_is_dead_lettered_at_once_and_the_rest_of_its_batch_is_applied(world, project, delivery):
    good = [delivery(), delivery()]
    garbage, empty = Delivery("7-7", b"garbage", 1), Delivery("8-8", None, 1)
    projected = await project(project.decode([good[0], garbage, empty, good[1]]))
    assert projected.applied == 2
    assert projected.dead_letters == [
        DeadLetter(garbage, "It is garbage."),
        DeadLetter(empty, "There is no event in the stream entry."),
    ]
    assert world.dead_letters == projected.dead_letters


async def test_what_is_not_for_the_balances_is_acknowledged_and_the_rest_of_its_batch_applied(world, project, delivery):
    good, another = [delivery(), delivery()], Delivery("7-7", b"another", 1)
    projected = await project(project.decode([good[0], another, good[1]]))
    assert projected.skipped == [SkippedEvent(another, "fluxo.merchant.closed.v1", SkipReason.UNKNOWN_TYPE)]
    assert (projected.applied, projected.dead_letters, world.dead_letters) == (2, [], [])
    assert world.acknowledged == ["7-7"]
    await finished(project)
    assert sorted(world.acknowledged) == sorted(["7-7", *(each.stream_id for each in good)])


async def test_while_the_database_is_unavailable_nothing_is_skipped_either(world, project, delivery):
    world.database_is_unavailable = True
    with pytest.raises(ReadModelUnavailableError):
        await project(project.decode([delivery(), Delivery("7-7", b"another", 1)]))
    assert world.acknowledged == []


async def test_an_event_older_than_the_inbox_remembers_is_never_guessed(world, project, delivery):
    old, young = delivery(at=NOW - timedelta(days=40, seconds=1)), delivery(at=NOW - timedelta(days=40))
    projected = await project(project.decode([old, young]))
    assert [letter.delivery for letter in projected.dead_letters] == [old]
    assert "older than 40 days" in projected.dead_letters[0].reason
    assert world.inbox == {entry_id(young)}


async def test_an_id_of_the_far_future_which_would_never_be_forgotten_is_buried(world, project, delivery):
    ahead = [
        delivery(at=NOW + each)
        for each in (timedelta(days=366, seconds=-1), timedelta(days=366), timedelta(days=9_000))
    ]
    projected = await project(project.decode(ahead))
    assert [letter.delivery for letter in projected.dead_letters] == ahead[1:]
    assert "more than a year ahead" in projected.dead_letters[0].reason
    assert world.inbox == {entry_id(ahead[0])}


async def test_an_id_that_tells_no_time_is_buried(world, project, delivery, recorded):
    undated = delivery()
    world.entries[undated.payload] = recorded("m1", TODAY, credit=1)._replace(id=uuid4())
    assert "UUIDv7" in (await project(project.decode([undated]))).dead_letters[0].reason


async def test_refused_entries_are_dead_lettered_and_the_others_applied(world, project, delivery):
    batch = [delivery() for _ in range(20)]
    refused = [batch[0], batch[7], batch[8], batch[19]]
    world.refused = {entry_id(each) for each in refused}
    projected = await project(project.decode(batch))
    assert projected.applied == 16
    assert [letter.delivery for letter in projected.dead_letters] == refused
    assert {letter.reason for letter in projected.dead_letters} == {"It breaks a rule."}
    await finished(project)
    assert set(world.acknowledged) == {each.stream_id for each in batch} - {each.stream_id for each in refused}


async def test_a_refused_entry_that_was_delivered_twice_is_dead_lettered_twice(world, project, delivery):
    once = delivery(stream_id="1-1")
    twice = once._replace(stream_id="2-2")
    world.refused = {entry_id(once)}
    projected = await project(project.decode([once, delivery(), twice]))
    assert [letter.delivery.stream_id for letter in projected.dead_letters] == ["1-1", "2-2"]
    assert projected.applied == 1


async def test_a_database_that_is_unavailable_buries_nothing_however_often_an_event_came(world, project, delivery):
    batch = [delivery(deliveries=DELIVERIES_MAX + 100), Delivery("7-7", b"garbage", 1)]
    world.database_is_unavailable = True
    for _ in range(3):
        with pytest.raises(ReadModelUnavailableError):
            await project(project.decode(batch))
    assert world.dead_letters == []
    assert await finished(project) == []
    world.database_is_unavailable = False
    assert (await project(project.decode(batch))).applied == 1
    assert len(world.dead_letters) == 1


async def test_a_batch_that_fails_for_another_cause_waits_unacknowledged(world, project, delivery):
    batch = [delivery(), delivery(deliveries=DELIVERIES_MAX - 1)]
    world.failing = {entry_id(batch[0])}
    projected = await project(project.decode(batch))
    assert [str(failure) for failure in projected.failures] == ["a bug"]
    assert (projected.applied, projected.dead_letters) == (0, [])
    await finished(project)
    assert world.acknowledged == []


async def test_after_many_deliveries_each_is_tried_alone_and_only_the_culprit_is_buried(world, project, delivery):
    batch = [delivery(deliveries=DELIVERIES_MAX) for _ in range(5)] + [delivery()]
    world.failing = {entry_id(batch[2])}
    projected = await project(project.decode(batch))
    assert projected.applied == 4
    assert [(letter.delivery, letter.reason) for letter in projected.dead_letters] == [(batch[2], "a bug")]
    await finished(project)
    assert set(world.acknowledged) == {batch[0].stream_id, batch[1].stream_id, batch[3].stream_id, batch[4].stream_id}


async def test_while_the_cache_is_unavailable_the_batch_stays_applied_and_unacknowledged(world, project, delivery):
    world.cache_is_unavailable = True
    first, second = delivery("m1"), delivery("m2")
    await project(project.decode([first]))
    assert await finished(project) == []
    await project(project.decode([second]))
    assert await finished(project) == []
    assert (world.inbox, len(project.unacknowledged)) == ({entry_id(first), entry_id(second)}, 2)
    assert world.acknowledged == []
    assert [what for what, _ in world.journal].count("invalidated") == 1, "the cache is asked once a second at most"

    world.cache_is_unavailable = False
    world.now -= timedelta(hours=2)  # somebody puts the clock right
    world.monotonic_s += 1
    assert len(await finished(project)) == 2
    assert world.journal[-2:] == [("invalidated", ["m1", "m2"]), ("acknowledged", 2)]
    assert len(project.unacknowledged) == 0


async def test_what_waits_for_the_cache_is_confirmed_meanwhile_and_once(world, project, delivery):
    world.cache_is_unavailable = True
    batch = [delivery(), delivery()]
    await project(project.decode(batch))
    await finished(project)
    world.go_down()
    assert world.inbox == {entry_id(each) for each in batch}
    assert not project.unacknowledged.has_unconfirmed_or_visible
    await finished(project)
    world.cache_is_unavailable = False
    world.monotonic_s += 1
    await project.make_visible()
    assert project.unacknowledged.has_unconfirmed_or_visible
    await finished(project)
    assert [what for what, _ in world.journal].count("confirmed") == 1
    assert world.acknowledged == [each.stream_id for each in batch]


async def test_what_the_database_lost_while_the_cache_is_unavailable_does_not_wait_for_the_cache(
    world, project, delivery
):
    world.cache_is_unavailable = True
    kept, lost = delivery("m1"), delivery("m2")
    await project(project.decode([kept]))
    await finished(project)
    await project(project.decode([lost]))
    await project.make_visible()
    world.go_down()
    assert world.inbox == {entry_id(kept)}

    assert (await project.acknowledge_visible()).applied == 1
    await finished(project)
    world.go_down()
    assert (world.inbox, world.acknowledged) == ({entry_id(kept), entry_id(lost)}, [])


async def test_what_waits_for_the_cache_is_not_applied_again_when_delivered_again(world, project, delivery):
    world.cache_is_unavailable = True
    event = delivery()
    await project(project.decode([event]))
    await finished(project)
    projected = await project(project.decode([event._replace(deliveries=2)]))
    assert (projected.applied, projected.duplicates) == (0, 0)
    assert world.batches == [1]


async def test_no_more_is_read_while_too_much_waits_for_the_cache(world, project, delivery):
    world.cache_is_unavailable = True
    assert project.unacknowledged.has_capacity
    await project(project.decode([delivery() for _ in range(UNACKNOWLEDGED_MAX)]))
    assert not project.unacknowledged.has_capacity
    world.cache_is_unavailable = False
    await finished(project)
    assert project.unacknowledged.has_capacity


async def test_several_batches_are_confirmed_at_once_and_what_is_hidden_is_not_acknowledged(world, project, delivery):
    shown, hidden = [delivery() for _ in range(3)], delivery()
    await project(project.decode(shown[:2]))
    await project(project.decode(shown[2:]))
    await project.make_visible()
    await project(project.decode([hidden]))
    await project.acknowledge_visible()
    assert world.acknowledged == [each.stream_id for each in shown]
    assert [what for what, _ in world.journal].count("confirmed") == 1
    await finished(project)
    assert world.acknowledged == [each.stream_id for each in [*shown, hidden]]


async def test_what_the_database_lost_before_it_confirmed_is_applied_and_shown_again(world, project, delivery):
    kept, lost, hidden = delivery("m1"), delivery("m2"), delivery("m3")
    await project(project.decode([kept]))
    await finished(project)
    await project(project.decode([lost]))
    await project.make_visible()
    await project(project.decode([hidden]))
    world.go_down()
    assert world.inbox == {entry_id(kept)}

    again = await project.acknowledge_visible()
    assert (again.applied, world.acknowledged) == (2, [kept.stream_id])
    assert [entry.id for entry in await finished(project)] == [entry_id(lost), entry_id(hidden)]
    assert world.journal[-3:] == [("invalidated", ["m2", "m3"]), ("confirmed", 1), ("acknowledged", 2)]


async def test_a_database_that_goes_down_between_two_batches_loses_the_first_and_not_unnoticed(
    world, project, delivery
):
    first, second = delivery(), delivery()
    await project(project.decode([first]))
    world.go_down()
    await project(project.decode([second]))
    await project.make_visible()
    assert (await project.acknowledge_visible()).applied == 1
    await finished(project)
    assert world.inbox == {entry_id(first), entry_id(second)}
    assert world.acknowledged == [first.stream_id, second.stream_id]


async def test_each_duplicate_of_a_batch_is_asked_for_since_others_may_have_applied_it_and_lost_it(
    world, project, delivery
):
    theirs, ours = delivery(), delivery()
    await world.apply([world.entries[theirs.payload]])
    await project(project.decode([ours, theirs]))
    await project.make_visible()
    world.inbox.remove(entry_id(theirs))
    assert (await project.acknowledge_visible()).applied == 1
    await finished(project)
    assert world.inbox == {entry_id(theirs), entry_id(ours)}


async def test_the_same_entry_in_two_batches_is_confirmed_once(world, project, delivery):
    once = delivery(stream_id="1-1")
    await project(project.decode([once]))
    await project(project.decode([once._replace(stream_id="2-2")]))
    await finished(project)
    assert world.acknowledged == ["1-1", "2-2"]


async def test_while_the_database_cannot_confirm_nothing_is_acknowledged_and_nothing_forgotten(
    world, project, delivery
):
    batch = [delivery(), delivery()]
    await project(project.decode(batch))
    await project.make_visible()
    world.database_is_unavailable = True
    with pytest.raises(ReadModelUnavailableError):
        await project.acknowledge_visible()
    assert (world.acknowledged, len(project.unacknowledged)) == ([], 2)
    world.database_is_unavailable = False
    await finished(project)
    assert len(project.unacknowledged) == 0


async def test_a_database_that_goes_down_again_while_it_is_given_what_it_lost_gets_it_once_more(
    world, project, delivery, monkeypatch
):
    batch = [delivery(), delivery()]
    await project(project.decode(batch))
    await project.make_visible()
    world.go_down()
    applies = world.apply

    async def goes_down(entries):
        await applies(entries[:1])
        raise ReadModelUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(world, "apply", goes_down)
        with pytest.raises(ReadModelUnavailableError):
            await project.acknowledge_visible()
    assert (len(project.unacknowledged), project.unacknowledged.has_hidden) == (2, True)
    await project.make_visible()
    assert (await project.acknowledge_visible()).applied == 1
    await finished(project)
    assert world.inbox == {entry_id(each) for each in batch}
    assert sorted(world.acknowledged) == sorted(each.stream_id for each in batch)


async def test_the_inbox_is_purged_an_hour_after_it_may_forget(world):
    assert await PurgeInbox(world, Clock(world))() == 3
    assert world.purged == NOW - timedelta(days=40, hours=1)


@pytest.fixture
def change(world):
    """A delivery of a merchant's new settings."""

    def build(currency: str, *, at: datetime = NOW, deliveries: int = 1):
        payload = f"{currency} {at}".encode()
        world.changes[payload] = MerchantSettings("m1", currency, at)
        return Delivery(f"9-{len(world.changes)}", payload, deliveries)

    return build


async def test_settings_are_applied_then_the_cache_is_told_and_then_they_are_acknowledged(world, project, change):
    changed = change("EUR")
    projected = await project(project.decode([changed]))
    assert await finished(project) == []
    assert world.journal == [("applied settings", 1), ("invalidated", ["m1"]), ("acknowledged", 1)]
    assert (projected.applied, projected.duplicates, projected.skipped) == (1, 0, [])
    assert world.settings["m1"].currency == "EUR"


async def test_settings_that_come_late_again_or_very_late_change_nothing_and_go_the_whole_way(world, project, change):
    late, newest = change("USD", at=NOW - timedelta(days=400)), change("EUR")
    await project(project.decode([newest]))
    projected = await project(project.decode([late, newest._replace(stream_id="10-1")]))
    await finished(project)
    assert (projected.applied, projected.duplicates, projected.dead_letters) == (0, 2, [])
    assert world.settings["m1"].currency == "EUR"
    assert set(world.acknowledged) == {"9-1", "9-2", "10-1"}


async def test_settings_wait_for_the_database_with_the_entries_of_their_batch(world, project, delivery, change):
    batch = [delivery(), change("EUR")]
    world.database_is_unavailable = True
    with pytest.raises(ReadModelUnavailableError):
        await project(project.decode(batch))
    world.database_is_unavailable = False
    assert (await project(project.decode(batch))).applied == 2


async def test_settings_that_fail_too_often_are_dead_lettered_and_hinder_no_entry(world, project, delivery, change):
    world.settings_fail = True
    again, exhausted = change("EUR"), change("USD", deliveries=DELIVERIES_MAX)
    projected = await project(project.decode([again, delivery(), exhausted]))
    assert projected.applied == 1
    assert projected.dead_letters == [DeadLetter(exhausted, "a bug")]
    assert [str(failure) for failure in projected.failures] == ["a bug"]


async def test_an_api_key_goes_the_whole_way_like_settings(world, project, change):
    made = ApiKey(uuid4(), "m1", bytes(32), ("balances:read",), None, revoked=False)
    world.changes[b"a key"] = made
    projected = await project(project.decode([Delivery("8-1", b"a key", 1), change("EUR")]))
    await finished(project)
    assert (projected.applied, world.api_keys) == (2, {made.id: made})
    assert sorted(world.acknowledged) == ["8-1", "9-2"]
