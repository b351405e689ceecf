"""How far the events of bulks run ahead of those who read them."""

import pytest
from fluxo_entries.application.publishing.move_bulk_events import (
    AHEAD_ALONE_MAX,
    OTHERS_FOR_S,
    PATIENCE_S,
    REST_MAX_S,
    MoveBulkEvents,
    Moved,
)
from fluxo_entries.application.publishing.stream_state import START, StreamPosition

from services.entries.tests.fakes import FakeOutbox

pytestmark = pytest.mark.anyio

PARTS = [StreamPosition(7, 250 * part) for part in range(1, 9)]
A_PART, NOT_YET, NOTHING = Moved.A_PART, Moved.NOT_YET, Moved.NOTHING


class Consumers:
    """`position` is the last that all of them were given, and `asked` how often somebody wanted to know."""

    def __init__(self, position=START):
        self.position = position
        self.asked = 0

    async def delivered(self):
        self.asked += 1
        return self.position


@pytest.fixture
def clock():
    class Clock:
        now_s = 50.0

    return Clock


def moving(consumers, clock):
    return MoveBulkEvents(FakeOutbox(bulks=PARTS), consumers, lambda: clock.now_s)


async def test_beside_others_a_part_follows_when_all_consumers_have_the_one_before(clock):
    consumers = Consumers()
    move = moving(consumers, clock)
    assert [await move(1), await move(250), await move(1)] == [A_PART, NOT_YET, NOT_YET]
    consumers.position = PARTS[0].just_below()
    assert await move(0) is NOT_YET
    consumers.position = PARTS[0]
    assert [await move(0), await move(250)] == [A_PART, NOT_YET]


@pytest.mark.parametrize(("took_s", "rest_s"), [(0.004, 0.004), (0.04, REST_MAX_S)])
async def test_beside_others_the_next_part_waits_as_long_again_as_the_one_before_took(clock, took_s, rest_s):
    consumers = Consumers()
    move = moving(consumers, clock)
    assert [await move(1), await move(250)] == [A_PART, NOT_YET]
    clock.now_s += took_s
    consumers.position = PARTS[0]
    assert await move(0) is NOT_YET
    clock.now_s += rest_s * 0.9
    assert await move(0) is NOT_YET
    asked = consumers.asked
    clock.now_s += rest_s * 0.11
    assert await move(0) is A_PART
    assert consumers.asked == asked == 2, "how far they are is known while the next part waits"


async def test_where_nobody_else_records_no_part_waits_longer_than_for_those_before(clock):
    consumers = Consumers()
    move = moving(consumers, clock)
    for found in (0, *[250] * (AHEAD_ALONE_MAX - 1)):
        assert await move(found) is A_PART
    clock.now_s += 0.004
    consumers.position = PARTS[0]
    assert await move(0) is A_PART


async def test_where_nobody_else_records_more_parts_are_ahead(clock):
    consumers = Consumers()
    move = moving(consumers, clock)
    moved = [await move(found) for found in (0, *[250] * AHEAD_ALONE_MAX)]
    assert moved == [*[A_PART] * AHEAD_ALONE_MAX, NOT_YET]
    consumers.position = PARTS[1]
    assert [await move(0) for _ in range(3)] == [A_PART, A_PART, NOT_YET]


async def test_others_are_expected_for_a_while_after_one_came(clock):
    consumers = Consumers()
    move = moving(consumers, clock)
    assert [await move(0), await move(251)] == [A_PART, NOT_YET]
    clock.now_s += OTHERS_FOR_S
    consumers.position = PARTS[0]
    assert [await move(0) for _ in range(AHEAD_ALONE_MAX)] == [A_PART] * AHEAD_ALONE_MAX


async def test_nobody_is_waited_for_where_nobody_reads(clock):
    move = moving(Consumers(None), clock)
    assert [await move(1) for _ in range(9)] == [*[A_PART] * 8, NOTHING]


async def test_a_group_that_stands_still_slows_a_bulk_down_and_does_not_stop_it(clock):
    move = moving(Consumers(), clock)
    assert [await move(1), await move(1)] == [A_PART, NOT_YET]
    clock.now_s += PATIENCE_S
    assert await move(1) is NOT_YET
    clock.now_s += REST_MAX_S
    assert [await move(1), await move(1)] == [A_PART, NOT_YET]


async def test_without_bulks_consumers_are_not_asked(clock):
    consumers = Consumers()
    move = MoveBulkEvents(FakeOutbox(), consumers, lambda: clock.now_s)
    assert [await move(1) for _ in range(3)] == [NOTHING] * 3
    assert consumers.asked == 0
