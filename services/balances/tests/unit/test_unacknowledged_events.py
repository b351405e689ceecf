from datetime import UTC, date, datetime

import pytest
from fluxo_balances.application.projecting.ports import Delivery
from fluxo_balances.application.projecting.unacknowledged_events import UNACKNOWLEDGED_MAX, UnacknowledgedEvents
from fluxo_balances.domain.merchant_settings import MerchantSettings

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SETTINGS = (Delivery("9-1", b"", 1), MerchantSettings("m3", "EUR", NOW))


@pytest.fixture
def events() -> UnacknowledgedEvents:
    return UnacknowledgedEvents()


@pytest.fixture
def batch(recorded):
    """Three events, of two merchants."""
    return [
        (Delivery(f"{number}-1", b"", 1), recorded(merchant_id, date(2026, 11, 22), credit=1))
        for number, merchant_id in enumerate(("m2", "m1", "m2"))
    ]


def ids(batch):
    return {entry.id for _, entry in batch}


def test_what_was_applied_is_hidden_then_visible_then_gone(events, batch):
    events.add(batch, are_new=True)
    assert (len(events), events.has_hidden, events.visible_ids) == (3, True, [])
    assert events.hidden_merchants == ["m1", "m2"]
    assert "1-1" in events
    events.show()
    assert (len(events), events.has_hidden, events.visible_ids) == (3, False, ["0-1", "1-1", "2-1"])
    assert "1-1" in events
    events.remove_visible()
    assert (len(events), list(events)) == (0, [])
    assert "1-1" not in events


def test_one_entry_tells_of_a_batch_that_was_new_and_each_of_one_with_duplicates(events, batch):
    events.add(batch, are_new=True)
    assert events.witnesses == ids(batch[:1])
    events.add(batch, are_new=False)
    assert events.witnesses == ids(batch)


def test_settings_have_no_witness_and_are_acknowledged_like_any_other(events):
    events.add([SETTINGS], are_new=False)
    assert not events.has_unconfirmed_or_visible
    assert events.hidden_merchants == ["m3"]
    assert events.show() == []
    assert events.has_unconfirmed_or_visible
    assert events.visible_ids == ["9-1"]


def test_what_was_confirmed_while_it_was_hidden_waits_for_the_cache_alone(events, batch):
    events.add(batch, are_new=True)
    assert events.has_unconfirmed_or_visible
    events.witnesses.clear()
    assert not events.has_unconfirmed_or_visible
    events.show()
    assert events.has_unconfirmed_or_visible


def test_only_entries_of_a_batch_without_duplicates_are_known_to_be_new_and_told_once(events, batch):
    events.add(batch[:2], are_new=True)
    events.add(batch[2:], are_new=False)
    assert events.show() == [entry for _, entry in batch[:2]]
    assert events.show() == []


def test_all_are_there_to_be_applied_again_those_that_were_applied_first_at_the_head(events, batch):
    events.add(batch[1:], are_new=True)
    events.show()
    events.add(batch[:1], are_new=True)
    assert list(events) == [*batch[1:], batch[0]]


def test_ten_thousand_are_enough(events, batch):
    ((delivery, entry), *_) = batch
    many = [(delivery._replace(stream_id=f"{number}-1"), entry) for number in range(UNACKNOWLEDGED_MAX)]
    events.add(many[:-1], are_new=True)
    assert events.has_capacity
    events.add(many[-1:], are_new=True)
    assert not events.has_capacity
