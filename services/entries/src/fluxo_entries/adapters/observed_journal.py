import asyncio
import collections
from collections.abc import Awaitable, Sequence
from typing import Final

from fluxo_chassis.observability.traces.spans import span
from prometheus_client import Counter

from fluxo_entries.application.cooperative import in_pieces
from fluxo_entries.application.recording.ports import Journal, Outcome, Recording
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.errors import DayClosedError, IdempotencyKeyReusedError

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
_appended = {each: entries_appended.labels(each) for each in ("recorded", "replayed", "key_reused", "day_closed")}
_recorded = {direction: entries_recorded.labels(direction.value) for direction in Direction}

_OF_ENTRIES: Final = {"recorded", "replayed"}
DATABASE: Final = {"db.system.name": "postgresql"}


class ObservedJournal:
    """Counts what a journal answers, and records how long it took for the trace."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.find = journal.find

    def append(self, recording: Recording) -> Awaitable[Outcome]:
        appended = asyncio.ensure_future(self._journal.append(recording))
        appending = span("append entry", "client", DATABASE)
        appending.__enter__()

        def finish(done: asyncio.Future[Outcome]) -> None:
            error = asyncio.CancelledError() if done.cancelled() else done.exception()
            # A key that is taken and a day that is closed are answers, and no failures of the journal.
            failure = None if isinstance(error, IdempotencyKeyReusedError | DayClosedError) else error
            appending.__exit__(None, failure, None)
            if failure is None:
                _count_one(done.result() if error is None else error)

        appended.add_done_callback(finish)
        return appended

    async def append_all(
        self, recordings: Sequence[Recording], *, atomic: bool
    ) -> list[Outcome | IdempotencyKeyReusedError | DayClosedError]:
        with span("append entries", "client", {**DATABASE, "db.operation.batch.size": len(recordings)}):
            outcomes = await self._journal.append_all(recordings, atomic=atomic)
        appended, recorded = collections.Counter[str](), collections.Counter[Direction]()
        async for piece in in_pieces(outcomes):
            appended.update(map(disposition, piece))
            recorded.update(each.entry.direction for each in piece if isinstance(each, Outcome) and not each.replayed)
        # An atomic bulk with an item that failed recorded nothing.
        if not atomic or appended.keys() <= _OF_ENTRIES:
            for what, number in appended.items():
                _appended[what].inc(number)
            for direction, number in recorded.items():
                _recorded[direction].inc(number)
        return outcomes


def _count_one(outcome: Outcome | BaseException) -> None:
    _appended[disposition(outcome)].inc()
    if isinstance(outcome, Outcome) and not outcome.replayed:
        _recorded[outcome.entry.direction].inc()


def disposition(outcome: Outcome | BaseException) -> str:
    """Return what became of a request, as the metric calls it."""
    if isinstance(outcome, Outcome):
        return "replayed" if outcome.replayed else "recorded"
    return "day_closed" if isinstance(outcome, DayClosedError) else "key_reused"
