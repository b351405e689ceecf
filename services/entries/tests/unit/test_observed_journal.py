from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fluxo_entries.adapters.observed_journal import ObservedJournal
from fluxo_entries.application.recording.ports import Disposition, Outcome
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio


class Answering:
    def __init__(self, outcomes):
        self._outcomes = outcomes

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
        Outcome(Disposition.RECORDED, credit),
        Outcome(Disposition.RECORDED, debit),
        Outcome(Disposition.REPLAYED, credit),
        Outcome(Disposition.KEY_REUSED, None),
    ]
    before = recorded("credit"), recorded("debit")
    await ObservedJournal(Answering(outcomes)).append_all([], atomic=False)
    assert (recorded("credit"), recorded("debit")) == (before[0] + 1, before[1] + 1)
    await ObservedJournal(Answering(outcomes)).append_all([], atomic=True)
    assert (recorded("credit"), recorded("debit")) == (before[0] + 1, before[1] + 1)
