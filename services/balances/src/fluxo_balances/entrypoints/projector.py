"""The projector's loop: take events, apply them, remove cached answers, confirm, acknowledge; until stopped.

Of a backlog it takes and decodes the next batch while the database writes the present one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from fluxo_chassis.observability.traces import spans
from fluxo_chassis.observability.traces.batch_spans import record_batch, record_next
from fluxo_chassis.observability.traces.tracing import TraceContext, continue_trace
from fluxo_chassis.resilience import Retry, wait_for_stop
from fluxo_contracts.streams import BULK_PART_EVENTS, ENTRIES_STREAM

from fluxo_balances.application.ports import Clock, ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import EntryEvents
from fluxo_balances.application.projecting.project_entries import DecodedEvent, Projected, ProjectEntries, SkippedEvent
from fluxo_balances.entrypoints import projector_metrics as metrics

READ_TIMEOUT_S: Final = 1.0
"""Also how long a stop may have to wait for an idle projector."""

READ_TIMEOUT_MIN_S: Final = 0.001

TAKE_OVER_EVERY_S: Final = 5.0

GATHER_S: Final = 0.004
GATHER_EVENTS: Final = range(8, BULK_PART_EVENTS)
"""A batch costs much the same for one event and for a hundred. While events come thick, but not a hundred at a time
anyway, the next one takes what has come within GATHER_S. A lone event never waits, and nobody waits behind a whole part
of a bulk: the next part is not on its way before this one is taken (ADR 0048)."""

CONFIRM_AFTER_S: Final = 0.025
"""Confirming costs what writing to the disk costs, and holds those up who commit meanwhile: one does for all batches of
this time."""

SKIPPED_TYPES_LOGGED_MAX: Final = 100
EVENT_TYPE_LOGGED_LENGTH_MAX: Final = 100

Batch = Sequence[DecodedEvent]
TraceparentOf = Callable[[bytes | None], str | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many events are handled together, and how long another instance's are left to it."""

    batch_size: int
    take_over_idle_s: float


class Projector:
    """Two things may be down: `taking` tells of the stream, `applying` of the database; each waits and tries again."""

    def __init__(
        self, project: ProjectEntries, events: EntryEvents, clock: Clock, pace: Pace, traceparent_of: TraceparentOf
    ) -> None:
        self._project = project
        self._events = events
        self._clock = clock
        self._pace = pace
        self._traceparent_of = traceparent_of
        self._take_over_at = 0.0
        self._ahead: Batch = ()
        self._confirm_at: float | None = None
        self._hidden_spans: list[TraceContext] = []
        self._skipped_types: set[str] = set()
        self.taking = Retry("projecting")
        self.applying = Retry("applying", cap_s=2.0)

    async def run(self, stop: asyncio.Event) -> None:
        """Project until asked to stop; then what was read is finished first."""
        await self.taking.for_ever(partial(self._turn, stop), stop)
        if self._ahead:
            await self.taking.until_done(partial(self._turn, stop), stop)
        await self._when_possible(self._acknowledge_visible, stop)

    async def _turn(self, stop: asyncio.Event) -> None:
        gather = False
        # First: neither a stream nor a cache that is unavailable must put it off.
        if self._confirm_at is not None and time.monotonic() >= self._confirm_at:
            await self._when_possible(self._acknowledge_visible, stop)
        try:
            if not self._project.unacknowledged.has_capacity:
                await wait_for_stop(stop, self._idle_max_s())
            elif batch := await self._next():
                self.taking.reached()
                if self._may_read_ahead(batch) and not stop.is_set():
                    await self._project_and_read_ahead(batch, stop)
                else:
                    await self._project_when_possible(batch, stop)
                gather = len(batch) in GATHER_EVENTS
        finally:
            # Also while the stream is unavailable: what is applied must not stay hidden behind old cached answers.
            await self._make_visible()
        if gather:
            await wait_for_stop(stop, GATHER_S)

    async def _next(self) -> Batch:
        if self._ahead:
            ahead, self._ahead = self._ahead, ()
            return ahead
        if time.monotonic() >= self._take_over_at:
            due = await self._events.take_over(self._pace.batch_size, self._pace.take_over_idle_s)
            if due:
                # There may be more: look again after this batch.
                return self._project.decode(due)
            self._take_over_at = time.monotonic() + TAKE_OVER_EVERY_S
        return self._project.decode(await self._events.read(self._pace.batch_size, self._idle_max_s()))

    def _idle_max_s(self) -> float:
        if self._confirm_at is None:
            return READ_TIMEOUT_S
        return max(self._confirm_at - time.monotonic(), READ_TIMEOUT_MIN_S)

    def _may_read_ahead(self, batch: Batch) -> bool:
        """Behind a full batch more is there. What may be claimed again is looked for while nothing is under way."""
        return len(batch) == self._pace.batch_size and time.monotonic() < self._take_over_at

    async def _project_and_read_ahead(self, batch: Batch, stop: asyncio.Event) -> None:
        """Both end before this does, whatever becomes of the other: what was read is kept for the next turn."""
        ended = await asyncio.gather(
            self._read_ahead(), self._project_and_make_visible(batch, stop), return_exceptions=True
        )
        for failure in filter(None, ended):
            raise failure

    async def _read_ahead(self) -> None:
        self._ahead = self._project.decode(await self._events.read(self._pace.batch_size, timeout_s=0))

    async def _project_and_make_visible(self, batch: Batch, stop: asyncio.Event) -> None:
        await self._project_when_possible(batch, stop)
        await self._make_visible()

    async def _project_when_possible(self, batch: Batch, stop: asyncio.Event) -> None:
        """Project, and while the database is unavailable hold on to the batch."""
        # A batch of one continues the trace of the request that recorded its entry.
        first, _ = batch[0]
        traceparent = self._traceparent_of(first.payload) if len(batch) == 1 else None
        with continue_trace(traceparent):
            await self._when_possible(partial(self._apply, batch), stop)

    async def _when_possible(self, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        """Do it, and while the database is unavailable wait for that: waiting is no failure of any event."""

        async def attempt() -> None:
            try:
                await work()
            except ReadModelUnavailableError:
                # Meanwhile: what was applied before must not stay hidden behind old cached answers.
                await self._make_visible()
                raise

        await self.applying.until_done(attempt, stop, on=ReadModelUnavailableError)

    async def _apply(self, batch: Batch) -> None:
        began_ns = time.time_ns()
        projected = await self._project(batch)
        if spans.is_on():
            traceparents = [self._traceparent_of(delivery.payload) for delivery, _ in batch]
            self._hidden_spans += record_batch(f"project {ENTRIES_STREAM}", "consumer", traceparents, began_ns)
        metrics.batch_size.observe(len(batch))
        self._observe(projected)

    async def _make_visible(self) -> None:
        began_ns = time.time_ns()
        visible = await self._project.make_visible()
        now = self._clock.now()
        for entry in visible:
            metrics.recorded_to_visible.observe((now - entry.recorded_at).total_seconds())
        metrics.unacknowledged_events.set(len(self._project.unacknowledged))
        if self._hidden_spans and not self._project.unacknowledged.has_hidden:
            record_next("remove cached answers", "client", self._hidden_spans, began_ns)
            self._hidden_spans.clear()
        if self._confirm_at is None and self._project.unacknowledged.has_unconfirmed_or_visible:
            self._confirm_at = time.monotonic() + CONFIRM_AFTER_S

    async def _acknowledge_visible(self) -> None:
        applied_again = await self._project.acknowledge_visible()
        self._confirm_at = None
        if applied_again is not None:
            log.warning("the database went down before it confirmed: what it may have lost was applied again")
            self._observe(applied_again)
            await self._make_visible()
        metrics.unacknowledged_events.set(len(self._project.unacknowledged))

    def _observe(self, projected: Projected) -> None:
        metrics.applied_events.inc(projected.applied)
        metrics.duplicate_events.inc(projected.duplicates)
        metrics.dead_letters.inc(len(projected.dead_letters))
        for skipped in projected.skipped:
            metrics.skipped_events[skipped.reason].inc()
            self._log_once_a_type(skipped)
        log.info("entries projected", applied=projected.applied, duplicates=projected.duplicates)
        for failure in projected.failures:
            log.error("events failed and will be delivered again", exc_info=failure)
        for letter in projected.dead_letters:
            with continue_trace(self._traceparent_of(letter.delivery.payload)):
                # The first line only: what a database adds to it repeats the row.
                reason = letter.reason.partition("\n")[0]
                log.error("an event became a dead letter", stream_id=letter.delivery.stream_id, reason=reason)

    def _log_once_a_type(self, skipped: SkippedEvent) -> None:
        # The type is whatever somebody wrote there.
        event_type = skipped.event_type[:EVENT_TYPE_LOGGED_LENGTH_MAX]
        if event_type not in self._skipped_types and len(self._skipped_types) < SKIPPED_TYPES_LOGGED_MAX:
            self._skipped_types.add(event_type)
            log.warning("events of a type are skipped", event_type=event_type, reason=skipped.reason.value)
