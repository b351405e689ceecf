"""The step that moves events from outbox to stream, against fakes that keep the ports' promises."""

import pytest
from fluxo_entries.application.publishing.publish_outbox import PASSES_FOR_S, PublishOutbox, Step
from fluxo_entries.application.publishing.purge_outbox import Purged, PurgeOutbox
from fluxo_entries.application.publishing.stream_state import XID_BITS, Group, StreamPosition, StreamState

from services.entries.tests.fakes import FakeOutbox, FakeStream

pytestmark = pytest.mark.anyio


async def test_steps_go_on_where_the_stream_stands():
    outbox, stream = FakeOutbox(visible=5), FakeStream()
    publish = PublishOutbox(outbox, stream, batch_rows_max=2)
    assert [(await publish()).published for _ in range(4)] == [2, 2, 1, 0]
    assert stream.published == outbox.rows


async def test_a_step_that_finds_nothing_tells_whether_something_is_about_to_come():
    assert await PublishOutbox(FakeOutbox(), FakeStream())() == Step(0, 0, is_held_back=False)
    assert await PublishOutbox(FakeOutbox(held_back=1), FakeStream())() == Step(0, 0, is_held_back=True)


async def test_rows_that_are_held_back_go_out_if_only_who_writes_elsewhere_holds_them():
    outbox, now_s = FakeOutbox(held_back=3, passed=2), 100.0
    publish = PublishOutbox(outbox, FakeStream(), batch_rows_max=1, clock_s=lambda: now_s)
    assert [await publish() for _ in range(2)] == [Step(1, 1, is_held_back=False)] * 2
    assert await publish() == Step(0, 0, is_held_back=True)
    now_s += PASSES_FOR_S
    assert await publish() == Step(0, 0, is_held_back=True)
    assert outbox.looks_passing == [False, True, True, True, False, True], "for a while it is not found out again"


async def test_a_stream_that_moved_back_is_filled_from_where_it_stands_now():
    outbox, stream = FakeOutbox(visible=3), FakeStream()
    publish = PublishOutbox(outbox, stream, batch_rows_max=2)
    await publish()
    stream.moves_back = True
    assert await publish() == Step(1, 0, is_held_back=True)
    assert await publish() == Step(2, 2, is_held_back=False)
    await publish()
    assert stream.published == outbox.rows


async def test_a_step_that_follows_another_asks_the_stream_for_its_position_no_more():
    class Counting(FakeStream):
        asked = 0

        async def position(self):
            self.asked += 1
            return await super().position()

    stream = Counting()
    publish = PublishOutbox(FakeOutbox(visible=6), stream, batch_rows_max=2)
    steps = [await publish() for _ in range(4)]
    by_publishing = 3 * 3  # what the fake asks itself, for each step that publishes
    assert [step.found for step in steps] == [2, 2, 2, 0]
    assert stream.asked == 1 + by_publishing


async def test_rows_that_another_relay_was_faster_with_were_found_but_not_published():
    outbox, stream = FakeOutbox(visible=4), FakeStream()
    one, other = (PublishOutbox(outbox, stream, batch_rows_max=2) for _ in range(2))
    await one()
    await other()
    assert await one() == Step(2, 0, is_held_back=False)
    assert stream.published == outbox.rows


async def test_what_lies_before_a_gap_is_published_again_from_the_beginning():
    outbox, stream = FakeOutbox(visible=3), FakeStream()
    publish = PublishOutbox(outbox, stream, batch_rows_max=2)
    await publish()
    stream.gap_below = StreamPosition(1 << XID_BITS, 0)
    assert await publish() == Step(1, 0, is_held_back=True, gap="skipped by group someone")
    assert [(await publish()).published for _ in range(3)] == [2, 1, 0]
    assert stream.published[2:] == outbox.rows


class FakeTurn:
    def __init__(self, is_leader):
        self.is_leader = is_leader

    async def __aenter__(self):
        return self.is_leader

    async def __aexit__(self, *_):
        return None


class PurgeableOutbox:
    def __init__(self, *, is_leader=True, has_gap=False):
        self.is_leader = is_leader
        self.has_gap = has_gap
        self.dropped_below = []

    def leadership(self):
        return FakeTurn(self.is_leader)

    async def recognise(self, last, event):
        self.recognised = last, event

    async def create_partitions(self):
        return 1

    async def purge_idempotency_keys(self):
        return 2

    async def purge_import_lines(self):
        return 5

    async def has_rows_between(self, after, up_to):
        return self.has_gap

    async def drop_below(self, position):
        self.dropped_below.append(position)
        return 3


class AcknowledgedStream:
    def __init__(self, acknowledged):
        groups = () if acknowledged is None else (Group("one", acknowledged),)
        self._state = StreamState(last=StreamPosition(1, 20), groups=groups)
        self.trimmed_below = []

    async def state(self):
        return self._state

    async def trim_below(self, position):
        self.trimmed_below.append(position)
        return 4


async def test_what_everybody_acknowledged_is_removed():
    outbox, stream = PurgeableOutbox(), AcknowledgedStream(StreamPosition(1, 9))
    assert await PurgeOutbox(outbox, stream)() == Purged(1, 3, 4, 2, 5)
    assert outbox.dropped_below == stream.trimmed_below == [StreamPosition(1, 9)]


async def test_without_a_consumer_nothing_is_acknowledged_and_nothing_goes():
    outbox, stream = PurgeableOutbox(), AcknowledgedStream(None)
    assert await PurgeOutbox(outbox, stream)() == Purged(1, idempotency_keys_purged=2, import_lines_purged=5)
    assert outbox.dropped_below == stream.trimmed_below == []


async def test_a_relay_whose_turn_it_is_not_does_nothing():
    outbox, stream = PurgeableOutbox(is_leader=False), AcknowledgedStream(StreamPosition(1, 9))
    assert await PurgeOutbox(outbox, stream)() == Purged()
    assert outbox.dropped_below == stream.trimmed_below == []


async def test_while_the_stream_has_a_gap_nothing_goes():
    outbox, stream = PurgeableOutbox(has_gap=True), AcknowledgedStream(StreamPosition(1, 9))
    assert await PurgeOutbox(outbox, stream)() == Purged(1, idempotency_keys_purged=2, import_lines_purged=5)
    assert outbox.dropped_below == stream.trimmed_below == []


@pytest.mark.parametrize(("sealed", "dropped"), [(StreamPosition(1, 4), 4), (StreamPosition(1, 12), 9)])
async def test_the_outbox_keeps_what_is_not_sealed_yet(sealed, dropped):
    class SealedUpTo:
        async def position(self):
            return sealed

    outbox, stream = PurgeableOutbox(), AcknowledgedStream(StreamPosition(1, 9))
    await PurgeOutbox(outbox, stream, SealedUpTo())()
    assert (outbox.dropped_below, stream.trimmed_below) == ([StreamPosition(1, dropped)], [StreamPosition(1, 9)])
