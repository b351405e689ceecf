"""The outbox and the stream, as publishing knows them."""

import asyncio

import pytest
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.application.publishing.ports import OutboxRow, StreamMovedBackError
from fluxo_entries.application.publishing.stream_state import START, XID_BITS, StreamEnd, StreamPosition

from services.entries.tests.fakes import FakeOutbox, FakeStream

pytestmark = pytest.mark.anyio


@pytest.fixture
def three_rows(storage, request):
    """`await three_rows()`: an outbox that holds them, and they."""
    if storage == "memory":
        pool, outbox = None, FakeOutbox(visible=3)
    else:
        pool, outbox = request.getfixturevalue("pool"), request.getfixturevalue("outbox")

    async def make():
        for number in range(3 if pool else 0):
            await pool.execute("INSERT INTO outbox (event) VALUES ($1)", b"event %d" % number)
        return outbox, await found(outbox, START)

    return make


async def found(outbox, after):
    """Three rows; others' transactions on the same server may hold the horizon for a moment."""
    async with asyncio.timeout(60):
        while len(rows := await outbox.rows_after(after, 10)) < 3:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    return rows


@pytest.fixture
def stream(storage, request):
    return FakeStream() if storage == "memory" else RedisEntriesStream(request.getfixturevalue("streams_client"))


def rows(*minors):
    return [OutboxRow(StreamPosition(5, minor), b"event") for minor in minors]


async def test_rows_come_in_order_and_after_a_position(three_rows):
    outbox, given = await three_rows()
    assert [row.position for row in given] == sorted(row.position for row in given)
    assert await outbox.rows_after(given[0].position, 1) == [given[1]]
    assert await outbox.rows_after(given[2].position, 10) == []
    assert [await outbox.has_rows_after(row.position) for row in given] == [True, True, False]


async def test_in_a_new_generation_all_rows_lie_behind_the_positions_of_the_old_one(three_rows):
    outbox, given = await three_rows()
    last = given[2].position
    for _ in range(2):
        await outbox.publish_again(last)
    again = await found(outbox, last)
    assert [row.event for row in again] == [row.event for row in given]
    assert {row.position.major >> XID_BITS for row in again} == {(last.major >> XID_BITS) + 1}


async def test_all_rows_come_again_where_the_streams_last_event_is_not_the_outboxs(three_rows):
    outbox, given = await three_rows()
    first, last = given[0], given[2]
    assert await outbox.rows_after(first.position, 10, first.event) == given[1:]
    assert await outbox.rows_after(first.position, 10, None) == given[1:]

    again = await outbox.rows_after(last.position, 10, b"event of another life")

    assert [row.event for row in again] == [row.event for row in given]
    assert {row.position.major >> XID_BITS for row in again} == {(last.position.major >> XID_BITS) + 1}


async def test_all_rows_come_again_where_the_outbox_has_none_at_the_streams_last_id(three_rows):
    outbox, given = await three_rows()
    last = given[2].position
    await outbox.recognise(last, given[2].event)
    assert await outbox.rows_after(last, 10, None) == []

    await outbox.recognise(StreamPosition(last.major, last.minor + 1), None)

    assert len(await found(outbox, last)) == 3


async def test_a_stream_stands_where_its_last_row_is(stream):
    assert await stream.end() == StreamEnd()
    assert await stream.position() == START
    assert await stream.publish(START, rows(1, 2)) == 2
    assert await stream.position() == StreamPosition(5, 2)
    assert await stream.end() == StreamEnd(StreamPosition(5, 2), b"event")


async def test_rows_that_the_stream_holds_are_skipped(stream):
    await stream.publish(START, rows(1, 2))
    assert await stream.publish(START, rows(1, 2, 3)) == 1
    assert await stream.publish(START, rows(2, 3)) == 0
    assert await stream.position() == StreamPosition(5, 3)


async def test_nothing_is_added_to_a_stream_that_does_not_reach_to_where_the_rows_begin(stream):
    await stream.publish(START, rows(1))
    with pytest.raises(StreamMovedBackError):
        await stream.publish(StreamPosition(5, 2), rows(3))
    assert await stream.position() == StreamPosition(5, 1)
