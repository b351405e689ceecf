import asyncio
from datetime import date

import pytest
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup, is_missing_group
from fluxo_balances.adapters.redis.entry_events import RedisEntryEvents
from fluxo_balances.adapters.redis.redelivery import pause_s
from fluxo_balances.application.projecting.ports import Backlog, DeadLetter, Delivery
from fluxo_chassis.redis import RedisClient, RedisReplyError, RedisUnavailableError
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM, ENTRIES_STREAM

from tests.harness.proxy import Proxy, Weather

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("told", "is_missing"),
    [
        ("NOGROUP No such key 'fluxo.entries' or consumer group 'daily-balances'", True),
        ("UNBLOCKED the stream key no longer exists", True),
        ("ERR no such key", True),
        ("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)", False),
        ("UNBLOCKED client unblocked via CLIENT UNBLOCK", False),
    ],
)
async def test_a_reader_that_is_sent_away_for_another_reason_misses_no_group(told, is_missing):
    assert is_missing_group(RedisReplyError(told)) is is_missing


async def read(member, limit: int = 100) -> list[str]:
    return [delivery.stream_id for delivery in await member.read(limit, 0.05)]


@pytest.fixture
async def joined(member):
    """Seats of consumers that are in the group: the first read may only have made it."""

    async def join(consumer: str):
        its = member(consumer)
        await its.read(1, 0.01)
        await its.read(1, 0.01)
        return its

    return join


async def test_a_group_that_is_missing_is_made_and_skips_nothing(member, stream):
    ids = [await stream.publish_raw(event=b"1"), await stream.publish_raw(event=b"2")]
    events = member("p1")
    assert await read(events) == []
    assert await read(events) == ids


async def test_a_missing_stream_is_waited_for(joined, stream):
    events = await joined("p1")
    reading = asyncio.create_task(events.read(10, 8))
    await asyncio.sleep(0.05)
    stream_id = await stream.publish_raw(event=b"1")
    assert await reading == [Delivery(stream_id, b"1", 1)]


async def test_a_stream_deleted_under_a_waiting_reader_is_read_from_its_new_beginning(joined, stream, streams):
    events = await joined("p1")
    reading = asyncio.create_task(events.read(10, 8))
    await asyncio.sleep(0.05)
    await streams.delete(ENTRIES_STREAM)
    assert await asyncio.wait_for(reading, 7) == []
    stream_id = await stream.publish_raw(event=b"1")
    assert await read(events) == [stream_id]


@pytest.mark.parametrize("call", ["read", "take_over", "acknowledge", "dead_letter", "backlog", "remove"])
async def test_nothing_fails_when_the_stream_is_gone(joined, streams, streams_client, call):
    events, group = await joined("p1"), ConsumerGroup(streams_client)
    await streams.flushdb()
    await {
        "read": lambda: events.read(10, 0.01),
        "take_over": lambda: events.take_over(10, 0),
        "acknowledge": lambda: events.acknowledge(["1-1"]),
        "dead_letter": lambda: events.dead_letter([DeadLetter(Delivery("1-1", b"1", 1), "why")]),
        "backlog": group.backlog,
        "remove": lambda: group.remove_idle_consumers(0),
    }[call]()


async def test_events_are_shared_by_the_consumers_of_the_group(joined, stream):
    first, second = await joined("p1"), await joined("p2")
    ids = [await stream.publish_raw(event=b"%d" % number) for number in range(10)]
    assert await read(first, 4) == ids[:4]
    assert await read(second) == ids[4:]


async def test_a_restarted_consumer_begins_with_what_it_left_undone(joined, member, stream):
    before = await joined("p1")
    ids = [await stream.publish_raw(event=b"%d" % number) for number in range(5)]
    await read(before, 4)
    await before.acknowledge(ids[:1])

    after = member("p1")
    left = await after.read(2, 0.05)
    assert [(each.stream_id, each.payload, each.deliveries) for each in left] == [
        (ids[1], b"1", 2),
        (ids[2], b"2", 2),
    ]
    assert await read(after, 2) == ids[3:4]
    assert await read(after, 2) == ids[4:]


@pytest.fixture
async def proxied(streams_url, streams):
    """A member, its client, and the proxy on its way."""
    async with Proxy(streams_url) as proxy, RedisClient(proxy.url) as client:
        yield RedisEntryEvents(client, ConsumerGroup(client), "p1"), client, proxy


@pytest.mark.parametrize("what", ["read", "claim"])
async def test_events_that_were_delivered_in_a_lost_answer_come_before_later_ones(
    proxied, joined, stream, monkeypatch, what
):
    dead, (events, client, proxy) = await joined("dead"), proxied
    assert await read(events) == []
    first = await stream.publish_raw(event=b"1")
    if what == "claim":
        await read(dead)
        await stream.age("dead", first, idle_s=31)

    async def execute(*command):
        # The look at what is due came through.
        if command[0] == "XCLAIM":
            proxy.change(Weather.ANSWERS_LOST)
        return await RedisClient.execute(client, *command)

    if what == "claim":
        monkeypatch.setattr(client, "execute", execute)
    else:
        proxy.change(Weather.ANSWERS_LOST)
    asking = asyncio.create_task(events.take_over(10, 30) if what == "claim" else events.read(10, 0.05))
    await proxy.withheld.wait()
    proxy.clear()
    with pytest.raises(RedisUnavailableError):
        await asking
    later = await stream.publish_raw(event=b"2")
    assert await stream.pending() == {first: "p1"}

    assert await read(events) == [first]
    assert await read(events) == [later]


async def test_acknowledged_events_do_not_come_again(joined, stream, eventually):
    events = await joined("p1")
    ids = [await stream.publish_raw(event=b"x") for _ in range(2_500)]
    await events.read(5_000, 0.05)
    await events.acknowledge(ids)
    await eventually(stream.is_acknowledged)


async def test_an_acknowledgement_goes_with_the_next_read(joined, stream):
    events = await joined("p1")
    first = await stream.publish_raw(event=b"1")
    assert await read(events) == [first]
    await events.acknowledge([first])
    second = await stream.publish_raw(event=b"2")
    assert await read(events) == [second]
    assert await stream.pending() == {second: "p1"}


async def test_a_lost_acknowledgement_only_brings_the_event_again(proxied, stream):
    events, _, proxy = proxied
    assert await read(events) == []
    first = await stream.publish_raw(event=b"1")
    assert await read(events) == [first]
    proxy.change(Weather.SILENT)
    await events.acknowledge([first])
    reading = asyncio.create_task(read(events))
    await proxy.withheld.wait()
    proxy.change(Weather.CUT)
    proxy.clear()
    with pytest.raises(RedisUnavailableError):
        await reading
    assert await read(events) == [first]


async def test_a_dead_consumers_events_are_taken_over_when_idle_long_enough(joined, stream):
    dead, alive = await joined("dead"), await joined("alive")
    ids = [await stream.publish_raw(event=b"x") for _ in range(3)]
    await read(dead)
    await stream.age("dead", *ids[:2], idle_s=31)
    await stream.age("dead", ids[2], idle_s=29)
    taken = await alive.take_over(10, idle_s=30)
    assert [(each.stream_id, each.deliveries) for each in taken] == [(ids[0], 2), (ids[1], 2)]
    assert await stream.pending() == {ids[0]: "alive", ids[1]: "alive", ids[2]: "dead"}


async def test_events_that_were_delivered_while_the_servers_clock_was_ahead_do_not_wait_until_it_gets_there(
    joined, stream, eventually
):
    dead, alive = await joined("dead"), await joined("alive")
    ids = [await stream.publish_raw(event=b"x") for _ in range(3)]
    await read(dead)
    await stream.put_ahead(hours=5)

    async def all_grow_old() -> bool:
        return await stream.idle_min_ms() > 0

    assert await alive.take_over(10, idle_s=30) == []
    await asyncio.sleep(0.01)
    assert not await all_grow_old()
    assert await alive.take_over(10, idle_s=30) == []
    await eventually(all_grow_old)
    assert await stream.pending() == dict.fromkeys(ids, "dead"), "they are left to their consumer as long as others"


async def test_only_one_of_two_consumers_takes_an_event_over(joined, stream):
    dead, one, other = await joined("dead"), await joined("one"), await joined("other")
    ids = [await stream.publish_raw(event=b"x") for _ in range(100)]
    await read(dead)
    await stream.age("dead", *ids, idle_s=60)
    taken = await asyncio.gather(one.take_over(100, 30), other.take_over(100, 30))
    assert sorted(each.stream_id for each in taken[0] + taken[1]) == sorted(ids)


async def test_own_failed_events_come_again_sooner_first_and_then_rarer(joined, stream):
    events = await joined("p1")
    early, due, exhausted = [await stream.publish_raw(event=b"x") for _ in range(3)]
    await read(events)
    await stream.age("p1", early, idle_s=3.9)
    await stream.age("p1", due, idle_s=6.1)
    await stream.age("p1", exhausted, idle_s=6.1, deliveries=2)
    assert [each.stream_id for each in await events.take_over(10, 30)] == [due]
    await stream.age("p1", exhausted, idle_s=12.1, deliveries=2)
    assert [(each.stream_id, each.deliveries) for each in await events.take_over(10, 30)] == [(exhausted, 3)]


def test_the_pauses_grow_to_five_minutes_and_no_further():
    assert [pause_s(deliveries) for deliveries in (1, 2, 3, 6, 7, 8, 10_000)] == [5, 10, 20, 160, 300, 300, 300]


async def test_due_events_behind_many_that_are_not_are_found(joined, stream, streams):
    events = await joined("p1")
    async with streams.pipeline(transaction=False) as pipeline:
        for _ in range(2_500):
            pipeline.xadd(ENTRIES_STREAM, {"event": b"x"})
        ids = [stream_id.decode() for stream_id in await pipeline.execute()]
    await events.read(2_500, 0.05)
    await stream.age("p1", *ids, idle_s=6.1, deliveries=5)
    await stream.age("p1", *ids[-3:], idle_s=6.1)
    assert [each.stream_id for each in await events.take_over(10, 30)] == ids[-3:]


async def test_events_that_vanished_are_given_up_and_counted(joined, member, stream, streams):
    events = await joined("p1")
    gone_for_owner, gone_for_others, there = [await stream.publish_raw(event=b"x") for _ in range(3)]
    await read(events)
    await streams.xdel(ENTRIES_STREAM, gone_for_owner)
    assert await read(member("p1"), 2) == [gone_for_others]
    await streams.xdel(ENTRIES_STREAM, gone_for_others)
    await stream.age("p1", gone_for_others, there, idle_s=60)
    other = await joined("p2")
    assert [each.stream_id for each in await other.take_over(10, 30)] == [there]
    assert list(await stream.pending()) == [there]


async def test_a_stream_entry_without_an_event_is_delivered_as_such(joined, stream):
    events = await joined("p1")
    stream_id = await stream.publish_raw(other=b"x")
    assert await events.read(1, 0.05) == [Delivery(stream_id, None, 1)]


async def test_a_dead_letter_holds_the_event_as_it_came_and_the_reason(joined, stream):
    events = await joined("p1")
    stream_id = await stream.publish_raw(event=b"\xffgarbage")
    bare = await stream.publish_raw(other=b"x")
    first, second = await events.read(2, 0.05)
    await events.dead_letter([DeadLetter(first, "It is garbage."), DeadLetter(second, "There is no event.")])
    assert await stream.dead_letters() == [
        {"reason": "It is garbage.", "stream_id": stream_id, "deliveries": "1", "event": "\ufffdgarbage"},
        {"reason": "There is no event.", "stream_id": bare, "deliveries": "1"},
    ]
    assert await stream.pending() == {}


async def test_a_letter_whose_acknowledgement_was_lost_is_not_written_twice(joined, stream, streams):
    events = await joined("p1")
    stream_id = await stream.publish_raw(event=b"garbage")
    (delivery,) = await events.read(1, 0.05)
    letter = DeadLetter(delivery, "It is garbage.")
    await streams.rename(ENTRIES_STREAM, "kept")
    await streams.set(ENTRIES_STREAM, "takes no acknowledgement")
    for _ in range(2):
        with pytest.raises(RedisReplyError):
            await events.dead_letter([letter])
    assert [each["stream_id"] for each in await stream.dead_letters()] == [stream_id]
    # Somebody removed the letters: the event must not be lost with them.
    await streams.delete(ENTRIES_DEAD_LETTERS_STREAM)
    await streams.rename("kept", ENTRIES_STREAM)

    await events.dead_letter([letter])

    assert [each["stream_id"] for each in await stream.dead_letters()] == [stream_id]
    assert await stream.pending() == {}


async def test_the_backlog_tells_unread_pending_and_dead(joined, stream, streams_client):
    events = await joined("p1")
    for _ in range(6):
        await stream.publish_raw(event=b"x")
    dead, *_held = await events.read(3, 0.05)
    await events.dead_letter([DeadLetter(dead, "It is dead.")])
    assert await ConsumerGroup(streams_client).backlog() == Backlog(unread=3, pending=2, dead_letters=1)


async def test_consumers_that_are_gone_for_good_are_forgotten_but_not_what_they_hold(
    joined, stream, streams, streams_client
):
    await joined("gone")
    holding = await joined("holding")
    await stream.publish_raw(event=b"x")
    await read(holding)
    assert await ConsumerGroup(streams_client).remove_idle_consumers(86_400) == 0
    assert await ConsumerGroup(streams_client).remove_idle_consumers(0) == 1
    consumers = await streams.xinfo_consumers(ENTRIES_STREAM, "daily-balances")
    assert [each["name"] for each in consumers] == [b"holding"]
    assert len(await stream.pending()) == 1
