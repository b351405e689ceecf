from collections.abc import Sequence

from prometheus_client import Counter

from fluxo_entries.application.ports import Disposition, Journal, Outcome, Recording

entries_appended = Counter(
    "fluxo_entries_appended",
    "Requests to append an entry, by what became of them; those that raised are not counted.",
    ["disposition"],
)
_counters = {disposition: entries_appended.labels(disposition.value.replace(" ", "_")) for disposition in Disposition}


class ObservedJournal:
    """Counts what a journal answers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def append(self, recording: Recording) -> Outcome:
        outcome = await self._journal.append(recording)
        _count([outcome])
        return outcome

    async def append_all(self, recordings: Sequence[Recording], *, atomic: bool) -> list[Outcome]:
        outcomes = await self._journal.append_all(recordings, atomic=atomic)
        if not atomic or all(outcome.entry for outcome in outcomes):
            _count(outcomes)
        return outcomes

    async def find(self, merchant_id: str, idempotency_key: str, request_hash: bytes) -> Outcome | None:
        return await self._journal.find(merchant_id, idempotency_key, request_hash)


def _count(outcomes: Sequence[Outcome]) -> None:
    for disposition, counter in _counters.items():
        if number := sum(outcome.disposition is disposition for outcome in outcomes):
            counter.inc(number)
