from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fluxo_entries.adapters.observed_journal import ObservedJournal
from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.errors import IdempotencyKeyReusedError, OutcomeUnknownError
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio


class Answering:
    def __init__(self, outcomes):
        self._outcomes = outcomes
        self.find = None

    async def append(self, recording):
        if isinstance(self._outcomes[0], Exception):
            raise self._outcomes[0]
        return self._outcomes[0]

    async def append_all(self, recordings, *, atomic):
        return self._outcomes


def an_entry(direction):
    at = datetime(2026, 11, 24, tzinfo=UTC)
    return Entry(uuid4(), "m1", direction, 1, "BRL", at.date(), "Venda", None, None, at)


def recorded(direction):
    return REGISTRY.get_sample_value("fluxo_entries_recorded_total", {"direction": direction})


async def test_only_what_was_recorded_counts_by_direction():
    credit, debit = an_entry(Direction.CREDIT), an_entry(Direction.DEBIT)
    outcomes = [
        Outcome(credit),
        Outcome(debit),
        Outcome(credit, replayed=True),
        IdempotencyKeyReusedError("k"),
    ]
    before = recorded("credit"), recorded("debit")
    await ObservedJournal(Answering(outcomes)).append_all([], atomic=False)
    assert (recorded("credit"), recorded("debit")) == (before[0] + 1, before[1] + 1)
    await ObservedJournal(Answering(outcomes)).append_all([], atomic=True)
    assert (recorded("credit"), recorded("debit")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("outcome", "disposition"),
    [
        (Outcome(an_entry(Direction.CREDIT)), "recorded"),
        (Outcome(an_entry(Direction.CREDIT), replayed=True), "replayed"),
        (IdempotencyKeyReusedError("k"), "key_reused"),
    ],
)
async def test_what_became_of_a_request_is_counted_and_answered_as_it_was(outcome, disposition):
    def counted():
        return REGISTRY.get_sample_value("fluxo_entries_appended_total", {"disposition": disposition})

    before = counted()
    try:
        answered = await ObservedJournal(Answering([outcome])).append(None)
    except IdempotencyKeyReusedError as error:
        answered = error
    assert answered is outcome
    assert counted() == before + 1


async def test_a_failure_is_not_counted():
    before = {sample.labels["disposition"]: sample.value for sample in samples()}
    with pytest.raises(OutcomeUnknownError):
        await ObservedJournal(Answering([OutcomeUnknownError()])).append(None)
    assert {sample.labels["disposition"]: sample.value for sample in samples()} == before


def samples():
    (metric,) = [each for each in REGISTRY.collect() if each.name == "fluxo_entries_appended"]
    return [sample for sample in metric.samples if sample.name.endswith("_total")]
