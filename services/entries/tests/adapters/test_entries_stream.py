import pytest
from fluxo_chassis.redis import RedisReplyError
from fluxo_contracts.streams import ENTRIES_STREAM, EVENT_FIELD
from fluxo_entries.application.publishing.ports import OutboxRow
from fluxo_entries.application.publishing.stream_state import START, StreamEnd, StreamPosition, StreamState

pytestmark = pytest.mark.anyio

# Greater than 2^53: no float tells these apart.
BIG = (40 << 48) + 7


def rows(*minors, major=5):
    return [OutboxRow(StreamPosition(major, minor), b"event %d" % minor) for minor in minors]


async def ids(streams):
    return [entry_id.decode() for entry_id, _ in await streams.xrange(ENTRIES_STREAM)]


async def acknowledged(stream):
    return (await stream.state()).acknowledged


async def test_a_stream_that_is_not_there_stands_at_zero(stream):
    assert await stream.position() == START
    assert await stream.state() == StreamState()
    assert await acknowledged(stream) is None
    assert await stream.trim_below(StreamPosition(1, 1)) == 0


async def test_rows_go_out_in_order_under_their_own_ids(stream, streams):
    await stream.publish(START, rows(1, 2, 10))
    assert await streams.xrange(ENTRIES_STREAM) == [
        (b"5-1", {EVENT_FIELD.encode(): b"event 1"}),
        (b"5-2", {EVENT_FIELD.encode(): b"event 2"}),
        (b"5-10", {EVENT_FIELD.encode(): b"event 10"}),
    ]
    assert await stream.position() == StreamPosition(5, 10)


async def test_ids_are_compared_exactly_however_large(stream, streams):
    await stream.publish(START, rows(9, major=BIG))
    await stream.publish(START, rows(9, 10, major=BIG) + rows(1, major=BIG + 1) + rows(1, major=9 * BIG))
    await stream.publish(StreamPosition(BIG, 2**63 - 2), rows(2, major=9 * BIG))
    assert await ids(streams) == [f"{BIG}-9", f"{BIG}-10", f"{BIG + 1}-1", f"{9 * BIG}-1", f"{9 * BIG}-2"]


async def test_an_error_in_the_middle_ends_the_batch_there(stream, streams):
    # 5-0 is below 5-3 and is skipped; an id that Redis refuses stands for any failure, such as a full server.
    broken = OutboxRow(StreamPosition(2**64, 0), b"refused")
    with pytest.raises(RedisReplyError):
        await stream.publish(START, [*rows(1, 3), broken, *rows(1, major=6)])
    assert await ids(streams) == ["5-1", "5-3"]


async def test_a_script_that_the_server_forgot_is_sent_again(stream, streams):
    await stream.publish(START, rows(1))
    await streams.script_flush()
    await stream.publish(START, rows(2))
    assert await ids(streams) == ["5-1", "5-2"]


async def test_the_slowest_group_decides_what_is_acknowledged(stream, streams):
    await stream.publish(START, rows(1, 2, 3, 4))
    await streams.xgroup_create(ENTRIES_STREAM, "fast", id="0")
    assert await acknowledged(stream) == START
    await streams.xreadgroup("fast", "one", {ENTRIES_STREAM: ">"})
    assert await acknowledged(stream) == StreamPosition(5, 0), "all are pending"
    await streams.xack(ENTRIES_STREAM, "fast", "5-1", "5-2", "5-4")
    assert await acknowledged(stream) == StreamPosition(5, 2), "5-3 is pending"
    await streams.xack(ENTRIES_STREAM, "fast", "5-3")
    assert await acknowledged(stream) == StreamPosition(5, 4)
    await streams.xgroup_create(ENTRIES_STREAM, "slow", id="0")
    assert await acknowledged(stream) == START
    await streams.xreadgroup("slow", "one", {ENTRIES_STREAM: ">"}, count=2, noack=True)
    assert await acknowledged(stream) == StreamPosition(5, 2)


async def test_pending_at_the_very_start_of_a_transaction(stream, streams):
    await streams.xadd(ENTRIES_STREAM, {EVENT_FIELD: b"x"}, id="5-0")
    await streams.xgroup_create(ENTRIES_STREAM, "group", id="0")
    await streams.xreadgroup("group", "one", {ENTRIES_STREAM: ">"})
    everybody = await acknowledged(stream)
    assert everybody == StreamPosition(4, 2**64 - 1)
    assert await stream.trim_below(everybody) == 0


async def test_trimming_keeps_what_lies_above_and_the_position(stream, streams):
    await stream.publish(START, rows(*range(1, 300)))
    assert await stream.trim_below(StreamPosition(5, 250)) == 250
    assert (await ids(streams))[0] == "5-251"
    assert await stream.trim_below(StreamPosition(5, 299)) == 48, "the outbox is recognised by the newest"
    assert await ids(streams) == ["5-299"]
    assert await stream.end() == StreamEnd(StreamPosition(5, 299), b"event 299")
    assert (await stream.state()).trimmed_up_to == StreamPosition(5, 299)


async def test_a_last_event_that_somebody_removed_is_not_known(stream, streams):
    await stream.publish(START, rows(1, 2))
    await streams.xdel(ENTRIES_STREAM, "5-2")
    assert await stream.end() == StreamEnd(StreamPosition(5, 2), None)
    assert (await stream.state()).last_event is None
