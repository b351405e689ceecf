"""Events become balances: each entry once, however often and in whatever order it is delivered."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from fluxo_balances.application.ports import AnswerInvalidation, CacheUnavailableError, Clock, ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import (
    DeadLetter,
    Delivery,
    EntryEvents,
    EntryRefusedError,
    EventDecoder,
    NotForBalancesError,
    Projection,
    RecordedEntry,
    SkipReason,
    Told,
    UndecodableEventError,
)
from fluxo_balances.application.projecting.unacknowledged_events import UnacknowledgedEvents
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.inbox import FROM_THE_FUTURE, REMEMBERED_FOR, is_dated, newest_taken, oldest_remembered
from fluxo_balances.domain.merchant_settings import MerchantSettings

DELIVERIES_MAX: Final = 8
"""An event that failed so often, while the database was available, is tried alone; a dead letter if that fails too."""

INVALIDATE_AGAIN_AFTER_S: Final = 1.0


Decoded = Told | NotForBalancesError | UndecodableEventError
"""What a delivery tells of, or why it tells nothing."""

DecodedEvent = tuple[Delivery, Decoded]
ReadableEvent = tuple[Delivery, RecordedEntry]
ReadableChange = tuple[Delivery, MerchantSettings | ApiKey]


@dataclass(frozen=True, slots=True)
class SkippedEvent:
    delivery: Delivery
    event_type: str
    reason: SkipReason


@dataclass(slots=True)
class Projected:
    """What became of some deliveries. Those in none of the lists were applied before, or wait to be delivered again."""

    applied: int = 0
    duplicates: int = 0
    skipped: list[SkippedEvent] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """Why events wait to be delivered again."""


class ProjectEntries:
    """Apply a batch of events in one transaction, remove the merchants' cached answers, then acknowledge.

    In this order a crash at any point only leads to a redelivery, which the inbox recognises. Duplicates go the whole
    way too: the crash may have come between the transaction and the cache. While the cache is down the batch stays
    applied and unacknowledged, and `make_visible` makes up for it later.

    Readers need not wait for the disk (ADR 0047): the database confirms several batches at once, whatever the cache
    does, and only what it confirmed is acknowledged. What it lost, because it went down before, is applied again.
    """

    def __init__(
        self,
        events: EntryEvents,
        projection: Projection,
        answers: AnswerInvalidation,
        clock: Clock,
        decode: EventDecoder,
    ) -> None:
        self._events = events
        self._projection = projection
        self._answers = answers
        self._clock = clock
        self._decode = decode
        self._invalidate_at = -math.inf
        self.unacknowledged = UnacknowledgedEvents()

    def decode(self, deliveries: Sequence[Delivery]) -> list[DecodedEvent]:
        """Return what each tells of, for `__call__`: it takes long and asks nobody, so it may be done ahead."""
        return [(delivery, self._told_by(delivery)) for delivery in deliveries]

    async def __call__(self, events: Sequence[DecodedEvent]) -> Projected:
        """Apply what can be applied, skip what is not for the balances, dead-letter what never can be applied.

        The rest stays unacknowledged for another delivery.

        Raises:
            ReadModelUnavailableError: the database is unavailable; nothing is lost, call again with the same.
        """
        projected = Projected()
        now = self._clock.now()
        oldest, newest = oldest_remembered(now), newest_taken(now)
        readable, changed = list[ReadableEvent](), list[ReadableChange]()
        for delivery, told in events:
            if delivery.stream_id in self.unacknowledged:
                continue
            if isinstance(told, RecordedEntry):
                # Not as long ago as it was decoded: the inbox may have forgotten it since.
                if reason := _why_not_taken(told.id, oldest, newest):
                    projected.dead_letters.append(DeadLetter(delivery, reason))
                else:
                    readable.append((delivery, told))
            elif isinstance(told, NotForBalancesError):
                projected.skipped.append(SkippedEvent(delivery, told.event_type, told.reason))
            elif isinstance(told, UndecodableEventError):
                projected.dead_letters.append(DeadLetter(delivery, str(told)))
            else:
                # Of any age: late ones change nothing.
                changed.append((delivery, told))
        await self._apply(readable, projected)
        await self._apply_changes(changed, projected)
        if projected.skipped:
            await self._events.acknowledge([skipped.delivery.stream_id for skipped in projected.skipped])
        if projected.dead_letters:
            await self._events.dead_letter(projected.dead_letters)
        return projected

    async def make_visible(self) -> list[RecordedEntry]:
        """Remove cached answers of the merchants whose entries were applied.

        Returns the entries that became visible by it: none while the cache is unavailable (it is asked once a second at
        most), and none of a batch that held duplicates, for which of its entries were new is not known.
        """
        now = self._clock.monotonic()
        if not self.unacknowledged.has_hidden or now < self._invalidate_at:
            return []
        try:
            await self._answers.invalidate(self.unacknowledged.hidden_merchants)
        except CacheUnavailableError:
            self._invalidate_at = now + INVALIDATE_AGAIN_AFTER_S
            return []
        return self.unacknowledged.show()

    async def acknowledge_visible(self) -> Projected | None:
        """Acknowledge what is visible, once the database has confirmed it and what is hidden; returns None then.

        Where the database lost something, all that was not acknowledged is applied again, and what became of it is
        returned; it is to be made visible and acknowledged like any other.

        Raises:
            ReadModelUnavailableError: the database is unavailable; nothing was acknowledged, call again.
        """
        unacknowledged = self.unacknowledged
        if unacknowledged.witnesses and not await self._projection.confirm(unacknowledged.witnesses):
            return await self._apply_again()
        unacknowledged.witnesses.clear()
        if visible_ids := unacknowledged.visible_ids:
            await self._events.acknowledge(visible_ids)
            unacknowledged.remove_visible()
        return None

    async def _apply_again(self) -> Projected:
        lost = list(self.unacknowledged)
        self.unacknowledged = UnacknowledgedEvents()
        try:
            return await self(lost)
        except BaseException:
            # Some may have been applied again, and nobody knows which.
            self.unacknowledged.add(lost, are_new=False)
            raise

    def _told_by(self, delivery: Delivery) -> Decoded:
        try:
            return self._decode(delivery)
        except (NotForBalancesError, UndecodableEventError) as error:
            return error

    async def _apply(self, events: Sequence[ReadableEvent], projected: Projected) -> None:
        """Apply all in one transaction; around a refused one, those before it and those after it."""
        while events:
            try:
                applied = await self._projection.apply([entry for _, entry in events])
            except EntryRefusedError as refusal:
                before, refused, events = _around(refusal.entry_id, events)
                projected.dead_letters += [DeadLetter(delivery, str(refusal)) for delivery, _ in refused]
                await self._apply(before, projected)
            except ReadModelUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, delivering again decides
                await self._apply_exhausted(events, error, projected)
                return
            else:
                self._note(events, applied, projected)
                return

    async def _apply_exhausted(self, events: Sequence[ReadableEvent], error: Exception, projected: Projected) -> None:
        """Try those alone that failed too often; the others only wait for their next delivery."""
        exhausted = [event for event in events if event[0].deliveries >= DELIVERIES_MAX]
        if len(exhausted) < len(events):
            projected.failures.append(error)
        for delivery, entry in exhausted:
            try:
                applied = await self._projection.apply([entry])
            except ReadModelUnavailableError:
                raise
            except Exception as alone:  # noqa: BLE001 - the letter tells
                reason = str(alone) or type(alone).__name__
                projected.dead_letters.append(DeadLetter(delivery, reason))
            else:
                self._note([(delivery, entry)], applied, projected)

    async def _apply_changes(self, changed: Sequence[ReadableChange], projected: Projected) -> None:
        settings = [event for event in changed if isinstance(event[1], MerchantSettings)]
        api_keys = [event for event in changed if isinstance(event[1], ApiKey)]
        if settings:
            await self._apply_alike(settings, self._projection.apply_settings, projected)
        if api_keys:
            await self._apply_alike(api_keys, self._projection.apply_api_keys, projected)

    async def _apply_alike(
        self, events: Sequence[ReadableChange], apply: Callable[[Sequence[Any]], Awaitable[int]], projected: Projected
    ) -> None:
        try:
            applied = await apply([change for _, change in events])
        except ReadModelUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, delivering again decides
            exhausted = [delivery for delivery, _ in events if delivery.deliveries >= DELIVERIES_MAX]
            if len(exhausted) < len(events):
                projected.failures.append(error)
            reason = str(error) or type(error).__name__
            projected.dead_letters += [DeadLetter(delivery, reason) for delivery in exhausted]
            return
        self.unacknowledged.add(events, are_new=False)
        projected.applied += applied
        projected.duplicates += len(events) - applied

    def _note(self, events: Sequence[ReadableEvent], applied: int, projected: Projected) -> None:
        self.unacknowledged.add(events, are_new=applied == len(events))
        projected.applied += applied
        projected.duplicates += len(events) - applied


def _why_not_taken(entry_id: UUID, oldest: UUID, newest: UUID) -> str | None:
    """Return why an entry must not be applied, whatever the inbox holds; None where it may be."""
    if not is_dated(entry_id):
        return "The entry's id is no UUIDv7, so its age is unknown."
    if entry_id < oldest:
        return f"The event is older than {REMEMBERED_FOR.days} days and may have been applied before."
    return FROM_THE_FUTURE if entry_id >= newest else None


def _around(
    entry_id: UUID, events: Sequence[ReadableEvent]
) -> tuple[list[ReadableEvent], list[ReadableEvent], list[ReadableEvent]]:
    """Split the events into those before the entry's, the entry's own (it may stand there twice), and those after."""
    first = next(index for index, (_, entry) in enumerate(events) if entry.id == entry_id)
    refused = [event for event in events if event[1].id == entry_id]
    after = [event for event in events[first:] if event[1].id != entry_id]
    return list(events[:first]), refused, after
