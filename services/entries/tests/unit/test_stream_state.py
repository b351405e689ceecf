"""Which rows are in doubt, from what the stream shows alone; entries 1 to 20 were published."""

from dataclasses import replace

import pytest
from fluxo_entries.application.publishing.stream_state import START, Group, StreamPosition, StreamState


def at(minor):
    return StreamPosition(1, minor)


ALL_THERE = StreamState(last=at(20), first=at(6), newest=at(20), trimmed_up_to=at(5), groups=(Group("one", at(9)),))
ALL_TRIMMED = StreamState(last=at(20), trimmed_up_to=at(20), groups=(Group("one", at(20)),))


def spans(state):
    return [(suspect.after, suspect.up_to) for suspect in state.suspect_ranges()]


@pytest.mark.parametrize("state", [StreamState(), ALL_THERE, ALL_TRIMMED, replace(ALL_TRIMMED, groups=())])
def test_a_stream_that_only_the_relay_trimmed_leaves_no_doubt(state):
    assert spans(state) == []


@pytest.mark.parametrize(
    ("seen", "after", "up_to"),
    [
        ({"first": at(8)}, at(5), at(7)),
        ({"first": None, "newest": None}, at(5), at(20)),
        ({"first": at(8), "groups": ()}, at(5), at(7)),
        ({"deleted": at(11)}, at(5), at(11)),
        ({"newest": at(18)}, at(18), at(20)),
        ({"groups": (Group("one", at(9)), Group("late", START))}, START, at(5)),
        ({"groups": (Group("one", at(20), skipped=True),)}, at(5), at(20)),
    ],
)
def test_whatever_else_is_not_there_is_in_doubt(seen, after, up_to):
    assert spans(replace(ALL_THERE, **seen)) == [(after, up_to)]


def test_what_was_deleted_after_everybody_acknowledged_it_and_the_relay_trimmed_it_is_none():
    assert spans(replace(ALL_THERE, deleted=at(5))) == []


def test_positions_next_to_each_other():
    assert StreamPosition(2, 0).just_below() == StreamPosition(1, 2**64 - 1)
    assert StreamPosition(1, 2**64 - 1).just_above() == StreamPosition(2, 0)
    assert at(7).just_below().just_above() == at(7)
