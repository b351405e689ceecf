"""What the projector and the redrive of dead letters need from outside."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple, Protocol
from uuid import UUID

from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.merchant_settings import MerchantSettings


class RecordedEntry(NamedTuple):
    """What the projection needs of an entry; exactly one of credit and debit is above zero, in minor units.

    (A frozen dataclass takes four times as long to make, and there is one for each event.)
    """

    id: UUID
    merchant_id: str
    business_date: date
    credit_minor: int
    debit_minor: int
    currency: str
    recorded_at: datetime
    category: str | None = None


Told = RecordedEntry | MerchantSettings | ApiKey
"""What an event may tell of."""


class Projection(Protocol):
    """The read model that is written: inbox, totals by day, month and category, merchants' state, settings and keys."""

    async def apply(self, entries: Sequence[RecordedEntry]) -> int:
        """Apply those entries that the inbox does not hold yet, in one transaction; returns how many were new.

        All or nothing; an entry that stands twice in the batch counts once. Everybody reads it from then on; that it
        outlives a crash of the database, only `confirm` tells.

        Raises:
            EntryRefusedError: an entry breaks a rule of the read model (another currency than the merchant's); nothing
                was applied, and the others may be applied without it.
        """

    async def confirm(self, entry_ids: Collection[UUID]) -> bool:
        """Wait until all that was applied outlives a crash, and return whether the inbox holds all of these.

        They are distinct. False: the database went down since, and lost some.
        """

    async def apply_settings(self, settings: Sequence[MerchantSettings]) -> int:
        """Keep those that are later than what is known of their merchant; returns how many."""

    async def apply_api_keys(self, api_keys: Sequence[ApiKey]) -> int:
        """Keep those that are new, and that others are revoked; returns how many."""

    async def purge_inbox(self, older_than: datetime) -> int:
        """Forget event ids recorded before the instant, some at a time; returns how many."""


class EntryRefusedError(Exception):
    """An entry that can never be applied; `entry_id` names it, the message says why."""

    def __init__(self, entry_id: UUID, reason: str) -> None:
        super().__init__(reason)
        self.entry_id = entry_id


class Delivery(NamedTuple):
    """One stream entry as a consumer got it; `deliveries` counts this one."""

    stream_id: str
    payload: bytes | None
    deliveries: int
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be applied: the payload as it came, and the reason in a sentence."""

    delivery: Delivery
    reason: str


class EntryEvents(Protocol):
    """This instance as a consumer of the group."""

    async def read(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Return new events, waiting up to the time-out for the first; makes a missing group, from id 0."""

    async def take_over(self, limit: int, idle_s: float) -> list[Delivery]:
        """Return events that some consumer, this one included, got and did not acknowledge for so long."""

    async def acknowledge(self, stream_ids: Sequence[str]) -> None: ...

    async def dead_letter(self, letters: Sequence[DeadLetter]) -> None:
        """Add to the dead letters, then acknowledge."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """`unread` events were delivered to nobody yet (None when the server cannot tell), `pending` not acknowledged.

    `dead_letters` are those that an operator has neither redriven nor discarded.
    """

    unread: int | None
    pending: int
    dead_letters: int


class ConsumerGroup(Protocol):
    """All consumers of the events together."""

    async def backlog(self) -> Backlog: ...

    async def remove_idle_consumers(self, idle_s: float) -> int:
        """Forget consumers that hold nothing and did not ask for so long; returns how many."""


class CachedAnswers(Protocol):
    """Every answer that is kept rendered.

    A server that was replaced may go on for a while: what is removed there, readers who have left it do not notice.
    """

    async def remove_all_if_moved(self) -> None:
        """Remove all answers where those removed so far may have been another server's; the first time, too.

        Raises:
            CacheUnavailableError: it could not be done, and is still to be.
        """


class UndecodableEventError(Exception):
    """The payload is no event that can be read, or is not signed by the entries service; the message says why."""


class SkipReason(Enum):
    UNKNOWN_TYPE = "unknown_type"
    NEWER_VERSION = "newer_version"
    """Of a type that is read: this release is too old for it, and its entry will be missing."""


class NotForBalancesError(Exception):
    """The event is of a type, or of a version of one, that is not read here: it is skipped."""

    def __init__(self, event_type: str, reason: SkipReason) -> None:
        super().__init__("Events of this type are not read by this release of the balances.")
        self.event_type = event_type
        self.reason = reason


EventDecoder = Callable[[Delivery], Told]
"""Raises UndecodableEventError or NotForBalancesError."""


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """A dead letter where it lies; `reason` is the newest, `redrives` counts those that failed."""

    id: str
    letter: DeadLetter
    stored_at: datetime
    redrives: int = 0
    redriven_at: datetime | None = None


class DeadLetters(Protocol):
    def letters(self) -> AsyncIterator[StoredDeadLetter]:
        """Yield the letters, oldest first; they may be removed meanwhile."""

    async def find(self, letter_id: str) -> StoredDeadLetter | None: ...

    async def note_failure(self, letter_id: str, reason: str, at: datetime) -> None:
        """Keep why a redrive failed; nothing happens when the letter is gone."""

    async def remove(self, letter_id: str) -> bool:
        """Return whether it was there."""
