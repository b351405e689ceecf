"""What the use cases need from outside, in their own words."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple, Protocol
from uuid import UUID

from fluxo_entries.application.stream_state import StreamPosition, StreamState
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
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

    async def save(self, merchant: Merchant) -> None:
        """Store the settings.

        Raises:
            CurrencyFixedError: the currency would change although there are entries in it.
        """


class Recording(NamedTuple):
    """One request to append an entry, once for its (merchant, idempotency key).

    `request_hash` is 32 bytes over the operation and its canonical body: equal hashes are the same request.
    """

    entry: Entry
    idempotency_key: str
    request_hash: bytes
    traceparent: str


class Disposition(Enum):
    RECORDED = "recorded"
    REPLAYED = "replayed"
    KEY_REUSED = "key reused"


class Outcome(NamedTuple):
    """`entry` is the stored one: its own when RECORDED, the earlier one when REPLAYED, None when KEY_REUSED."""

    disposition: Disposition
    entry: Entry | None


class Journal(Protocol):
    """Appends entries with their idempotency keys and outbox rows, all or nothing; each call commits by itself."""

    async def append(self, recording: Recording) -> Outcome:
        """Append one entry.

        Raises:
            EntryAlreadyReversedError: it reverses an entry that another one reverses.
            RejectedFieldsError: the merchant's currency changed meanwhile.
            OverloadedError: the queue is full; nothing was written.
            OutcomeUnknownError: the connection was lost and the database cannot be asked yet.
        """

    async def append_all(self, recordings: Sequence[Recording], *, atomic: bool) -> list[Outcome]:
        """Append many in one transaction, outcomes in the order given.

        A key that stands twice among them is one request when the hashes agree, else reused. When `atomic` and any
        outcome is KEY_REUSED nothing is written at all (the other outcomes then say what would have been).
        """

    async def find(self, merchant_id: str, idempotency_key: str, request_hash: bytes) -> Outcome | None:
        """Return what the key was answered with (REPLAYED or KEY_REUSED), or None when it is unused."""


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
    """Both dates inclusive; `text` is found anywhere in the description, case-insensitively."""

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
        """Return up to `limit` entries after the position, ordered by business date and id, both descending."""


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Sums of one merchant's day, in minor units; `entry_count` counts entries, reversals included."""

    merchant_id: str
    business_date: date
    credits_minor: int
    debits_minor: int
    entry_count: int


class DayTotalsFeed(Protocol):
    def day_totals(
        self, merchant_id: str | None, from_date: date | None, to_date: date | None
    ) -> AsyncIterator[DayTotals]:
        """Yield every day that has entries, by merchant (in code-point order) and date, from one snapshot."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    position: StreamPosition
    event: bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be published: rows (counted up to 100,000) and ages in seconds, 0 where there is none.

    `held_back_age_s` is the age of the oldest row that a transaction still open somewhere keeps from being published.
    """

    rows: int
    oldest_age_s: float
    held_back_age_s: float


class Outbox(Protocol):
    """The events of committed transactions, in an order in which nothing that commits later can sort earlier.

    Positions belong to a generation, which is raised when the database is not the one it was (restore, recovery,
    promotion). A position of an older generation means: before the oldest row.
    """

    async def rows_after(self, position: StreamPosition, limit: int) -> list[OutboxRow]:
        """Return the next rows below the snapshot horizon, in order, with positions of the current generation."""

    async def has_rows_after(self, position: StreamPosition) -> bool:
        """Return whether any row waits after the position, also one that is held back by the horizon."""

    async def has_rows_between(self, after: StreamPosition, up_to: StreamPosition) -> bool:
        """Return whether any row of the current generation lies above the first and not above the second."""

    async def publish_again(self, above: StreamPosition) -> None:
        """Start a generation higher than the position's, unless that was done meanwhile."""

    async def backlog(self, position: StreamPosition) -> Backlog: ...

    async def oldest_age_s(self, after: StreamPosition, up_to: StreamPosition) -> float:
        """Return the age in seconds of the first row between the two, 0 if there is none."""

    def turn(self) -> AbstractAsyncContextManager[bool]:
        """Enter with True for one of several relays at a time, with False for the others."""

    async def create_partitions(self) -> int:
        """Make the partitions that the coming days need; returns how many were made."""

    async def drop_below(self, position: StreamPosition) -> int:
        """Drop partitions whose rows all lie at or below the position and are older than the safety margin.

        Returns how many partitions went; none when the position is not of the current generation.
        """

    async def purge_idempotency_keys(self) -> int:
        """Delete keys older than they must be kept (31 days, and a margin), a part at a time; returns how many."""


class StreamMovedBackError(Exception):
    """The stream's last id is lower than the position a batch continues from: read the position again."""


class GapFoundError(Exception):
    """Published events are missing at the stream's end, or a group would never read them; the message says which."""


class EntriesStream(Protocol):
    """The Redis stream; its last generated id is the relay's position."""

    async def position(self) -> StreamPosition:
        """Return the last generated id, 0-0 when there is no stream."""

    async def publish(self, after: StreamPosition, rows: Sequence[OutboxRow]) -> int:
        """Add the rows in order under their own ids, atomically with a check of what lies before them.

        Rows that the stream already holds (another relay's) are skipped; the first failure stops the batch. Returns how
        many were added.

        Raises:
            StreamMovedBackError: the stream's last id is below `after`; nothing was added.
            GapFoundError: there is a gap that would be hidden by more entries; nothing was added.
        """

    async def state(self) -> StreamState:
        """Return what the stream and its groups show; a stream that is not there is an empty one."""

    async def trim_below(self, acknowledged: StreamPosition) -> int:
        """Remove stream entries at or below the position and set the mark there; returns how many went."""
