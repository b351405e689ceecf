"""Events become balances: each entry once, however often and in whatever order it is delivered."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
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
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.inbox import FROM_THE_FUTURE, REMEMBERED_FOR, is_dated, newest_taken, oldest_remembered
from fluxo_balances.domain.merchant_settings import MerchantSettings

DELIVERIES_MAX: Final = 8
"""An event that failed so often, while the database was available, is tried alone; a dead letter if that fails too."""

UNACKNOWLEDGED_MAX: Final = 10_000
INVALIDATE_AGAIN_AFTER_S: Final = 1.0


Decoded = Told | NotForBalancesError | UndecodableEventError
"""What a delivery tells of, or why it tells nothing."""

DecodedEvent = tuple[Delivery, Decoded]


class ReadableEvent(NamedTuple):
    delivery: Delivery
    entry: RecordedEntry


@dataclass(frozen=True, slots=True)
class ReadableChange:
    delivery: Delivery
    change: MerchantSettings | ApiKey


class AppliedEvent(NamedTuple):
    """What was applied and whose event is not acknowledged yet; only an entry is new."""

    delivery: Delivery
    told: Told
    is_new: bool


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
        self._hidden: dict[str, AppliedEvent] = {}
        """Applied, and old answers may still be cached."""
        self._visible: dict[str, AppliedEvent] = {}
        """To be acknowledged, once it is confirmed."""
        self._witnesses: set[UUID] = set()
        """Entries that the inbox holds if it holds all that was applied and not confirmed yet."""
        self._invalidate_at = -math.inf

    @property
    def unacknowledged(self) -> int:
        """How many events are applied and not yet acknowledged."""
        return len(self._hidden) + len(self._visible)

    @property
    def has_hidden(self) -> bool:
        """Whether old answers may still be cached of what was applied."""
        return bool(self._hidden)

    @property
    def has_unconfirmed_or_visible(self) -> bool:
        """Whether there is something to confirm or acknowledge."""
        return bool(self._witnesses or self._visible)

    @property
    def has_capacity(self) -> bool:
        """Whether there is room for more of them."""
        return self.unacknowledged < UNACKNOWLEDGED_MAX

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
            if delivery.stream_id in self._hidden or delivery.stream_id in self._visible:
                continue
            if isinstance(told, RecordedEntry):
                # Not as long ago as it was decoded: the inbox may have forgotten it since.
                if reason := _why_not_taken(told.id, oldest, newest):
                    projected.dead_letters.append(DeadLetter(delivery, reason))
                else:
                    readable.append(ReadableEvent(delivery, told))
            elif isinstance(told, NotForBalancesError):
                projected.skipped.append(SkippedEvent(delivery, told.event_type, told.reason))
            elif isinstance(told, UndecodableEventError):
                projected.dead_letters.append(DeadLetter(delivery, str(told)))
            else:
                # Of any age: late ones change nothing.
                changed.append(ReadableChange(delivery, told))
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
        if not self._hidden or now < self._invalidate_at:
            return []
        try:
            await self._answers.invalidate(sorted({each.told.merchant_id for each in self._hidden.values()}))
        except CacheUnavailableError:
            self._invalidate_at = now + INVALIDATE_AGAIN_AFTER_S
            return []
        visible, self._hidden = self._hidden, {}
        self._visible |= visible
        return [each.told for each in visible.values() if each.is_new and isinstance(each.told, RecordedEntry)]

    async def acknowledge_visible(self) -> Projected | None:
        """Acknowledge what is visible, once the database has confirmed it and what is hidden; returns None then.

        Where the database lost something, all that was not acknowledged is applied again, and what became of it is
        returned; it is to be made visible and acknowledged like any other.

        Raises:
            ReadModelUnavailableError: the database is unavailable; nothing was acknowledged, call again.
        """
        if self._witnesses and not await self._projection.confirm(self._witnesses):
            return await self._apply_again()
        self._witnesses.clear()
        if self._visible:
            await self._events.acknowledge(list(self._visible))
            self._visible.clear()
        return None

    async def _apply_again(self) -> Projected:
        lost = self._visible | self._hidden
        self._visible, self._hidden, self._witnesses = {}, {}, set()
        try:
            return await self([(each.delivery, each.told) for each in lost.values()])
        except BaseException:
            # Some may have been applied again, and nobody knows which.
            self._hidden = lost
            self._witnesses = {each.told.id for each in lost.values() if isinstance(each.told, RecordedEntry)}
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
                applied = await self._projection.apply([event.entry for event in events])
            except EntryRefusedError as refusal:
                before, refused, events = _around(refusal.entry_id, events)
                projected.dead_letters += [DeadLetter(event.delivery, str(refusal)) for event in refused]
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
        exhausted = [event for event in events if event.delivery.deliveries >= DELIVERIES_MAX]
        if len(exhausted) < len(events):
            projected.failures.append(error)
        for event in exhausted:
            try:
                applied = await self._projection.apply([event.entry])
            except ReadModelUnavailableError:
                raise
            except Exception as alone:  # noqa: BLE001 - the letter tells
                reason = str(alone) or type(alone).__name__
                projected.dead_letters.append(DeadLetter(event.delivery, reason))
            else:
                self._note([event], applied, projected)

    async def _apply_changes(self, changed: Sequence[ReadableChange], projected: Projected) -> None:
        settings = [event for event in changed if isinstance(event.change, MerchantSettings)]
        api_keys = [event for event in changed if isinstance(event.change, ApiKey)]
        if settings:
            await self._apply_alike(settings, self._projection.apply_settings, projected)
        if api_keys:
            await self._apply_alike(api_keys, self._projection.apply_api_keys, projected)

    async def _apply_alike(
        self, events: Sequence[ReadableChange], apply: Callable[[Sequence[Any]], Awaitable[int]], projected: Projected
    ) -> None:
        try:
            applied = await apply([event.change for event in events])
        except ReadModelUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, delivering again decides
            exhausted = [event.delivery for event in events if event.delivery.deliveries >= DELIVERIES_MAX]
            if len(exhausted) < len(events):
                projected.failures.append(error)
            reason = str(error) or type(error).__name__
            projected.dead_letters += [DeadLetter(delivery, reason) for delivery in exhausted]
            return
        for event in events:
            self._hidden[event.delivery.stream_id] = AppliedEvent(event.delivery, event.change, is_new=False)
        projected.applied += applied
        projected.duplicates += len(events) - applied

    def _note(self, events: Sequence[ReadableEvent], applied: int, projected: Projected) -> None:
        is_new = applied == len(events)
        self._hidden |= {
            event.delivery.stream_id: AppliedEvent(event.delivery, event.entry, is_new) for event in events
        }
        # What was applied together is kept or lost together. Duplicates were applied before, by whoever.
        self._witnesses |= {event.entry.id for event in (events[:1] if is_new else events)}
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
    first = next(index for index, event in enumerate(events) if event.entry.id == entry_id)
    refused = [event for event in events if event.entry.id == entry_id]
    after = [event for event in events[first:] if event.entry.id != entry_id]
    return list(events[:first]), refused, after
