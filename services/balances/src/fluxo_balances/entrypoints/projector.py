"""The projector's loop: take events, apply them, settle with the cache, acknowledge; for ever, whatever is away."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from fluxo_chassis.resilience import Backoff, wait_for_stop
from fluxo_chassis.tracing import continue_trace

from fluxo_balances.application.ports import Clock, Delivery, EntryEvents, ReadModelUnavailableError
from fluxo_balances.application.project_entries import Projected, ProjectEntries
from fluxo_balances.entrypoints import projector_metrics as metrics

READ_TIMEOUT_S: Final = 1.0
"""Also how long a stop may have to wait for an idle projector."""

TAKE_OVER_EVERY_S: Final = 5.0

TraceparentOf = Callable[[bytes | None], str | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many events are handled together, and how long another instance's are left to it."""

    batch_size: int
    take_over_idle_s: float


class Projector:
    def __init__(
        self, project: ProjectEntries, events: EntryEvents, clock: Clock, pace: Pace, traceparent_of: TraceparentOf
    ) -> None:
        self._project = project
        self._events = events
        self._clock = clock
        self._pace = pace
        self._traceparent_of = traceparent_of
        self._take_over_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Project until asked to stop; then the batch at hand is finished first."""
        backoff = Backoff(0.1, 5.0)
        while not stop.is_set():
            try:
                await self._turn(stop)
                backoff.reset()
            except Exception as error:  # noqa: BLE001 - whatever it is, the events wait, and the answer is to try again
                log.warning("projecting failed and is tried again", reason=f"{type(error).__name__}: {error}")
                await wait_for_stop(stop, backoff.next())

    async def _turn(self, stop: asyncio.Event) -> None:
        try:
            if not self._project.may_read:
                await wait_for_stop(stop, READ_TIMEOUT_S)
            elif deliveries := await self._next():
                await self._project_when_possible(deliveries, stop)
        finally:
            # Also while the stream is away: what is applied must not stay hidden behind old cached answers.
            await self._settle()

    async def _next(self) -> list[Delivery]:
        if time.monotonic() >= self._take_over_at:
            due = await self._events.take_over(self._pace.batch_size, self._pace.take_over_idle_s)
            if due:
                # There may be more: look again after this batch.
                return due
            self._take_over_at = time.monotonic() + TAKE_OVER_EVERY_S
        return await self._events.read(self._pace.batch_size, READ_TIMEOUT_S)

    async def _project_when_possible(self, deliveries: Sequence[Delivery], stop: asyncio.Event) -> None:
        """Project, and while the database is away hold on to the batch: waiting is no failure of its events."""
        backoff = Backoff(0.1, 2.0)
        # A batch of one continues the trace of the request that recorded its entry.
        traceparent = self._traceparent_of(deliveries[0].payload) if len(deliveries) == 1 else None
        with continue_trace(traceparent):
            # Tried once at least: what was read while the stop was asked for would else wait for another instance.
            while True:
                try:
                    self._observe(deliveries, await self._project(deliveries))
                except ReadModelUnavailableError as error:
                    log.warning("the database is away, the batch waits", events=len(deliveries), reason=str(error))
                    await self._settle()
                    if await wait_for_stop(stop, backoff.next()):
                        return
                else:
                    return

    async def _settle(self) -> None:
        now = self._clock.now
        for entry in await self._project.settle():
            metrics.recorded_to_visible.observe((now() - entry.recorded_at).total_seconds())
        metrics.unsettled_events.set(self._project.unsettled)

    def _observe(self, deliveries: Sequence[Delivery], projected: Projected) -> None:
        metrics.batch_size.observe(len(deliveries))
        metrics.applied_events.inc(projected.applied)
        metrics.duplicate_events.inc(projected.duplicates)
        metrics.dead_letters.inc(len(projected.buried))
        log.info("entries projected", applied=projected.applied, duplicates=projected.duplicates)
        for failure in projected.failures:
            log.error("events failed and will be delivered again", exc_info=failure)
        for letter in projected.buried:
            with continue_trace(self._traceparent_of(letter.delivery.payload)):
                log.error("an event became a dead letter", stream_id=letter.delivery.stream_id, reason=letter.reason)
