"""What recording and reading entries need from outside."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

from fluxo_entries.domain.api_key import ApiKey
from fluxo_entries.domain.day_close import DayClose
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.errors import DayClosedError, IdempotencyKeyReusedError
from fluxo_entries.domain.merchant import Merchant


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current instant, aware, in UTC, microseconds kept."""


class EntryIds(Protocol):
    def next(self) -> UUID:
        """Return a new UUIDv7."""


class Merchants(Protocol):
    async def get(self, merchant_id: str) -> Merchant:
        """Return the merchant's settings; the defaults (named by its id) where it never set any."""

    async def save(self, merchant: Merchant, traceparent: str | None = None) -> None:
        """Store the settings, and with them the event that tells of them.

        Raises:
            CurrencyFixedError: the currency would change although there are entries in it.
        """


class KnownMerchants(Merchants, Protocol):
    def known(self, merchant_id: str) -> Merchant | None:
        """Return the merchant's settings where they are known without asking, at most a second old."""


class ApiKeys(Protocol):
    """The keys' hashes, stored with the events that tell of each change."""

    async def add(self, api_key: ApiKey, key_hash: bytes, traceparent: str | None = None) -> None:
        """Store a new key.

        Raises:
            ApiKeyNameTakenError: the merchant has another one of this name that is not revoked.
            TooManyApiKeysError: it has LIVE_KEYS_MAX of them.
        """

    async def live(self, merchant_id: str) -> Sequence[ApiKey]:
        """Return those that are not revoked, newest first."""

    async def revoke(self, merchant_id: str, key_id: UUID, now: datetime, traceparent: str | None = None) -> None:
        """Revoke the key, unless it is already.

        Raises:
            ApiKeyNotFoundError: the merchant never had it.
        """


class DayCloses(Protocol):
    """Which days are closed, with the trail of who closed and reopened them."""

    async def close(self, merchant_id: str, day: date, by: str) -> tuple[DayClose, bool]:
        """Close the day and all before it; return the line of the trail, and whether it is new.

        Once this returns, nothing that is committed later lies in these days, and the balance has all that they hold.

        Raises:
            DayClosedError: a later day is closed.
            NotConsolidatedError: an entry of these days is not acknowledged by every consumer yet.
            CloseHeldUpError: others write for too long, or close just now.
        """

    async def reopen(self, merchant_id: str, day: date, reason: str, by: str) -> DayClose:
        """Reopen the newest day that is closed; what was closed before it stays so.

        Raises:
            DayNotClosedError: it is not the newest one.
            CloseHeldUpError: others close just now.
        """

    async def trail(self, merchant_id: str, limit: int) -> Sequence[DayClose]:
        """Return the newest lines of the trail, newest first."""


class CashBooks(Protocol):
    async def copy(self, merchant_id: str, first: date, last: date, entries_max: int, to: Path) -> int | None:
        """Write the entries of these days to a file, and return the balance of all before them, from one snapshot.

        By business date and id, as CSV: business date, direction, minor units, description, and category or nothing.
        None, and no file, where there are more than `entries_max`.
        """


class Recording(NamedTuple):
    """One request to append an entry, once for its (merchant, idempotency key).

    `request_hash` is 32 bytes over the operation and its canonical body: equal hashes are the same request.
    """

    entry: Entry
    idempotency_key: str
    request_hash: bytes
    traceparent: str


class Outcome(NamedTuple):
    """The entry as it was recorded; `replayed` when an earlier request with the same key did it."""

    entry: Entry
    replayed: bool = False


class Journal(Protocol):
    """Appends entries with their idempotency keys and outbox rows, all or nothing; each call commits by itself."""

    def append(self, recording: Recording) -> Awaitable[Outcome]:
        """Append one entry.

        Raises:
            IdempotencyKeyReusedError: the key belongs to another request.
            EntryAlreadyReversedError: it reverses an entry that another one reverses.
            DayClosedError: its day is closed.
            RejectedFieldsError: the merchant's currency changed meanwhile.
            OverloadedError: the queue is full; nothing was written.
            OutcomeUnknownError: the connection was lost and the database cannot be asked yet.
        """

    async def append_all(
        self, recordings: Sequence[Recording], *, atomic: bool
    ) -> list[Outcome | IdempotencyKeyReusedError | DayClosedError]:
        """Append many in one transaction, outcomes in the order given.

        A key that stands twice among them is one request when the hashes agree, else reused. When `atomic` and any
        key is reused, or any day closed, nothing is written at all (the outcomes then say what would have been).
        """

    async def find(self, merchant_id: str, idempotency_key: str, request_hash: bytes) -> Outcome | None:
        """Return the entry that the key was answered with, or None when it is unused.

        Raises:
            IdempotencyKeyReusedError: the key belongs to another request.
        """


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """An entry with what happened to it later."""

    entry: Entry
    reversed_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The last entry of a page; the next page continues after it, newest business date first, then newest id."""

    business_date: date
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Both dates inclusive; `category` in capitals or not, wide or narrow.

    Each word of `text` begins one of the description's, in any order: in capitals or not, wide or narrow, with accents
    or without. A mark is a word of its own and stands for itself, but for what parts words (`- ' " , . ; : ! ? ( )`),
    which counts only where there is nothing else.
    """

    from_date: date | None = None
    to_date: date | None = None
    direction: Direction | None = None
    category: str | None = None
    text: str | None = None


class Entries(Protocol):
    """Reads what was recorded."""

    async def get(self, merchant_id: str, entry_id: UUID) -> RecordedEntry | None: ...

    async def page(
        self, merchant_id: str, wanted: EntryFilter, after: Position | None, limit: int
    ) -> list[RecordedEntry]:
        """Return up to `limit` entries after the position, ordered by business date and id, both descending.

        Raises:
            SearchTooSlowError: the text was not found in time.
        """
