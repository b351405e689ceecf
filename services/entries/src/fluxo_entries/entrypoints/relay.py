"""The relay's life: publish what is new at once, tidy up now and then, never give up."""

import asyncio
from functools import partial
from typing import Final

import structlog
from fluxo_chassis.health import Observation
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.resilience import Backoff, Retry, every, wait_for_stop
from prometheus_client import Counter, Gauge, Histogram

from fluxo_entries.application.publishing.move_bulk_events import Moved
from fluxo_entries.application.publishing.ports import Backlog
from fluxo_entries.application.publishing.stream_state import StreamPosition
from fluxo_entries.application.use_cases import RelayUseCases

log = structlog.get_logger(__name__)

POLL_S: Final = 1.0
LOOK_EVERY_S: Final = 0.25
HELD_BACK_POLL_S: Final = (0.005, 0.02)
GATHER_S: Final = 0.004
GATHER_ROWS: Final = range(8, 500)
"""A step costs much the same for one row and for a hundred. While rows come thick, but not so thick that a step is full
anyway, the next one takes what has come within GATHER_S. A lone row never waits: after fewer rows the next step comes
with the next notification, or GATHER_S later to see whether a row was held back."""

AHEAD_POLL_S: Final = 0.002
"""How often is looked how far consumers are, once they have enough of a bulk."""

SEAL_EVERY_S: Final = 2.0
SEAL_ON_S: Final = 0.02
SEAL_REST_WHILE_BUSY: Final = 24
BUSY_FOR_S: Final = 1.0
"""Sealing waits for nobody and nobody for it: where more waits than a batch, the next one follows soon. While rows come
thick, or did lately (a bulk's come in parts, with nothing between), it follows after so many times what the one before
took, or after this while: that is a twenty-fifth of a core, or a batch a second."""

AUDIT_EVERY_S: Final = 5.0
MEASURE_EVERY_S: Final = 5.0
PURGE_EVERY_S: Final = 60.0

published_rows = Counter("fluxo_outbox_published_rows", "Outbox rows that this relay published.")
batch_rows = Histogram("fluxo_outbox_batch_rows", "Outbox rows published at a time.", buckets=(1, 4, 16, 64, 256, 1000))
pending_rows = Gauge("fluxo_outbox_pending_rows", "Outbox rows not yet published, counted up to 100,000.")
oldest_age_seconds = Gauge("fluxo_outbox_oldest_age_seconds", "Age of the oldest row not yet published, 0 if none.")
held_back_seconds = Gauge(
    "fluxo_outbox_held_back_seconds", "Age of the oldest row that an open transaction keeps from being published."
)
unacknowledged_seconds = Gauge(
    "fluxo_outbox_unacknowledged_seconds",
    "Age of the oldest published event that the consumer group has not acknowledged, 0 if none; nothing is purged "
    "beyond it.",
    ["group"],
)
gaps = Counter(
    "fluxo_outbox_gaps", "Times that published events were missing from the stream and all was published again."
)


sealed_entries = Counter("fluxo_sealed_entries", "Entries that this relay added to their merchant's chain.")


class Relay:
    """Publishes while it is the one that is notified; takes over from that one when the stream is stalled.

    Several relays may publish at any time and every event still goes out once (`PublishOutbox`); but each of them does
    all of the work. So the others only look now and then. `retry` tells whether publishing waits for the database or
    the stream, and since when.
    """

    def __init__(self, use_cases: RelayUseCases, notifications: Notifications) -> None:
        self._use_cases = use_cases
        self._notifications = notifications
        self._held_back = Backoff(*HELD_BACK_POLL_S)
        self._seen: StreamPosition | None = None
        self._took_over = False
        self._busy_until_s = 0.0
        self._bulk_waits = True
        self._looked_for_bulks_s = 0.0
        notifications.hearers.append(self._hear)
        self._backlog = Backlog(0, 0, 0)
        self.retry = Retry("publishing")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until asked to stop; what is being published then is finished first."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.retry.for_ever(partial(self.publish_next, stop), stop))
            tasks.create_task(every(SEAL_EVERY_S, partial(self.seal, stop), stop, failure="sealing failed"))
            # Of these one works at a time, and the other may do so again soon.
            tasks.create_task(every(PURGE_EVERY_S, self.purge, stop, failure="tidying up failed"))
            tasks.create_task(every(AUDIT_EVERY_S, self.audit, stop, failure="auditing the stream failed"))
            tasks.create_task(every(MEASURE_EVERY_S, self.measure, stop, failure="measuring failed"))
            await stop.wait()
            self._notifications.wake()

    async def publish_next(self, stop: asyncio.Event) -> None:
        if self._notifications.is_listening or self._took_over or await self._stream_is_stalled():
            await self._take_step(stop)
        else:
            self.retry.reached()
            await self._notifications.wait(LOOK_EVERY_S)

    async def _stream_is_stalled(self) -> bool:
        """Whether the stream is where it was when this was last asked."""
        before, self._seen = self._seen, await self._use_cases.publish_outbox.position()
        return self._seen == before

    async def _take_step(self, stop: asyncio.Event) -> None:
        step = await self._use_cases.publish_outbox()
        self.retry.reached()
        if step.found >= GATHER_ROWS.start:
            self._busy_until_s = asyncio.get_running_loop().time() + BUSY_FOR_S
        self._took_over = step.published > 0 and not self._notifications.is_listening
        if step.published:
            published_rows.inc(step.published)
            batch_rows.observe(step.published)
            log.debug("published", rows=step.published)
        if step.gap:
            _report_gap(step.gap)
        moved = await self._move_bulk_events(step.found)
        if moved is Moved.A_PART:
            return
        if step.is_held_back:
            # Nobody notifies when the transaction that holds them back ends.
            await self._notifications.wait(self._held_back.next())
            return
        self._held_back.reset()
        if moved is Moved.NOT_YET:
            await self._notifications.wait(AHEAD_POLL_S)
        elif not step.found:
            await self._notifications.wait(POLL_S if self._notifications.is_listening else LOOK_EVERY_S)
        elif step.found in GATHER_ROWS:
            await wait_for_stop(stop, GATHER_S)
        elif step.found < GATHER_ROWS.start:
            await self._notifications.wait(GATHER_S)

    def _hear(self, announced: str) -> None:
        if announced:
            self._bulk_waits = True
            self._notifications.wake()

    async def _move_bulk_events(self, found: int) -> Moved:
        """Move what is due of a bulk that was announced; one that nobody heard of is found a second later."""
        now_s = asyncio.get_running_loop().time()
        if not self._bulk_waits and now_s < self._looked_for_bulks_s + POLL_S:
            return Moved.NOTHING
        self._bulk_waits, self._looked_for_bulks_s = False, now_s
        moved = await self._use_cases.move_bulk_events(found)
        self._bulk_waits |= moved is not Moved.NOTHING
        return moved

    async def observe_held_back(self) -> Observation:
        """Whether somebody's transaction has been keeping events from being published for long, and whose."""
        held_back_s = round(self._backlog.held_back_age_s, 1)
        if self._backlog.held_back_by is None:
            return Observation("pass", held_back_s, "s")
        return Observation("warn", held_back_s, "s", f"events wait for {self._backlog.held_back_by}")

    async def seal(self, stop: asyncio.Event) -> None:
        """Seal what waits, where this is the relay that is notified; the others would do the same work for nothing."""
        seal_entries, clock_s = self._use_cases.seal_entries, asyncio.get_running_loop().time
        is_more = True
        while seal_entries and is_more and self._notifications.is_listening and not stop.is_set():
            began_s = clock_s()
            sealed, is_more = await seal_entries()
            sealed_entries.inc(sealed)
            if is_more:
                is_busy = clock_s() < self._busy_until_s
                await wait_for_stop(
                    stop, min(SEAL_REST_WHILE_BUSY * (clock_s() - began_s), BUSY_FOR_S) if is_busy else SEAL_ON_S
                )

    async def audit(self) -> None:
        if gap := await self._use_cases.audit_stream():
            _report_gap(gap.reason)

    async def purge(self) -> None:
        purged = await self._use_cases.purge_outbox()
        if purged.partitions_dropped or purged.partitions_created:
            log.info("tidied up", created=purged.partitions_created, dropped=purged.partitions_dropped)

    async def measure(self) -> None:
        backlog = self._backlog = await self._use_cases.measure_backlog()
        pending_rows.set(backlog.rows)
        oldest_age_seconds.set(backlog.oldest_age_s)
        held_back_seconds.set(backlog.held_back_age_s)
        ages_s = await self._use_cases.measure_groups()
        unacknowledged_seconds.clear()
        for group, age_s in ages_s.items():
            unacknowledged_seconds.labels(group).set(age_s)


def _report_gap(reason: str) -> None:
    gaps.inc()
    log.error("published events are missing from the stream: publishing all of the outbox again", reason=reason)
