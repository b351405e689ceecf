import collections
from collections.abc import Sequence
from typing import Final

from fluxo_chassis.observability.traces.spans import span
from prometheus_client import Counter

from fluxo_entries.application.recording.ports import Disposition, Journal, Outcome, Recording
from fluxo_entries.domain.direction import Direction

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
_counters = {disposition: entries_appended.labels(disposition.value.replace(" ", "_")) for disposition in Disposition}
_recorded = {direction: entries_recorded.labels(direction.value) for direction in Direction}

DATABASE: Final = {"db.system.name": "postgresql"}


class ObservedJournal:
    """Counts what a journal answers, and records how long it took for the trace."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def append(self, recording: Recording) -> Outcome:
        with span("append entry", "client", DATABASE):
            outcome = await self._journal.append(recording)
        _count([outcome])
        return outcome

    async def append_all(self, recordings: Sequence[Recording], *, atomic: bool) -> list[Outcome]:
        with span("append entries", "client", {**DATABASE, "db.operation.batch.size": len(recordings)}):
            outcomes = await self._journal.append_all(recordings, atomic=atomic)
        if not atomic or all(outcome.entry for outcome in outcomes):
            _count(outcomes)
        return outcomes

    async def find(self, merchant_id: str, idempotency_key: str, request_hash: bytes) -> Outcome | None:
        return await self._journal.find(merchant_id, idempotency_key, request_hash)


def _count(outcomes: Sequence[Outcome]) -> None:
    for disposition, number in collections.Counter(outcome.disposition for outcome in outcomes).items():
        _counters[disposition].inc(number)
    recorded = (outcome.entry for outcome in outcomes if outcome.disposition is Disposition.RECORDED)
    for direction, number in collections.Counter(entry.direction for entry in recorded if entry).items():
        _recorded[direction].inc(number)
