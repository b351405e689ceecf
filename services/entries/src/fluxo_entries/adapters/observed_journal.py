import collections
from collections.abc import Sequence
from typing import Final

from fluxo_chassis.observability.traces.spans import span
from prometheus_client import Counter

from fluxo_entries.application.recording.ports import Journal, Outcome, Recording
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.errors import IdempotencyKeyReusedError

entries_appended = Counter(
    "fluxo_entries_appended",
    "Requests to append an entry, by what became of them; those that raised are not counted.",
    ["disposition"],
)
entries_recorded = Counter(
    "fluxo_entries_recorded",
    "Entries that were recorded; a reversal has the direction opposite to its original's.",
    ["direction"],
)
_appended = {each: entries_appended.labels(each) for each in ("recorded", "replayed", "key_reused")}
_recorded = {direction: entries_recorded.labels(direction.value) for direction in Direction}

DATABASE: Final = {"db.system.name": "postgresql"}


class ObservedJournal:
    """Counts what a journal answers, and records how long it took for the trace."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.find = journal.find

    async def append(self, recording: Recording) -> Outcome:
        outcome: Outcome | IdempotencyKeyReusedError
        with span("append entry", "client", DATABASE):
            try:
                outcome = await self._journal.append(recording)
            except IdempotencyKeyReusedError as error:
                outcome = error  # an answer, and no failure of the journal
        _count([outcome])
        if isinstance(outcome, IdempotencyKeyReusedError):
            raise outcome
        return outcome

    async def append_all(
        self, recordings: Sequence[Recording], *, atomic: bool
    ) -> list[Outcome | IdempotencyKeyReusedError]:
        with span("append entries", "client", {**DATABASE, "db.operation.batch.size": len(recordings)}):
            outcomes = await self._journal.append_all(recordings, atomic=atomic)
        if not atomic or all(isinstance(outcome, Outcome) for outcome in outcomes):
            _count(outcomes)
        return outcomes


def _count(outcomes: Sequence[Outcome | IdempotencyKeyReusedError]) -> None:
    for what, number in collections.Counter(map(disposition, outcomes)).items():
        _appended[what].inc(number)
    recorded = (each.entry.direction for each in outcomes if isinstance(each, Outcome) and not each.replayed)
    for direction, number in collections.Counter(recorded).items():
        _recorded[direction].inc(number)


def disposition(outcome: Outcome | IdempotencyKeyReusedError) -> str:
    """Return what became of a request, as the metric calls it."""
    if isinstance(outcome, IdempotencyKeyReusedError):
        return "key_reused"
    return "replayed" if outcome.replayed else "recorded"
