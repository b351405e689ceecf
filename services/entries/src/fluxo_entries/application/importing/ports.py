"""What importing a file needs from outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from fluxo_entries.application.importing.statements import StatementColumns
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.line_reason import Reason
from fluxo_entries.domain.reconciliation import DaySums
from fluxo_entries.domain.statement_line import LineStatus


class ImportState(StrEnum):
    """`parsing`, then `ready` to be confirmed or `failed`; then `confirmed`, `recording`, `done`."""

    PARSING = "parsing"
    READY = "ready"
    CONFIRMED = "confirmed"
    RECORDING = "recording"
    DONE = "done"
    FAILED = "failed"


WAITING_MAX: Final = 20
"""Imports of a merchant that are not confirmed yet: lines take room."""


MAPPINGS_MAX: Final = 100
"""Of a merchant's headers, the columns of which are known: those confirmed last."""


class Total(NamedTuple):
    """Of the lines of a status: how many there are, and what came in and went out, both without a sign."""

    lines: int
    credits_minor: int
    debits_minor: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a file says beside its lines; `difference_minor` is what its balances and its lines differ by.

    `heading` is what stands above the lines, where they are lines of text with columns. What a file does not say is
    None.
    """

    format: str | None = None
    heading: str | None = None
    guessed: Sequence[str] = ()
    opening_minor: int | None = None
    closing_minor: int | None = None
    difference_minor: int | None = None
    line_count: int = 0
    columns: StatementColumns | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """A file and how far it has come. `reason` says why it failed; lines up to `recorded_up_to` were recorded."""

    id: UUID
    merchant_id: str
    digest: bytes
    filename: str
    currency: str
    created_at: datetime
    account: str | None = None
    idempotency_key: str | None = None
    state: ImportState = ImportState.PARSING
    reason: str | None = None
    summary: Summary = field(default_factory=Summary)
    totals: Mapping[LineStatus, Total] = field(default_factory=dict)
    records_possible: bool | None = None
    category: str | None = None
    recorded_up_to: int = 0
    recorded_count: int = 0
    confirmed_at: datetime | None = None
    columns_given: str | None = None
    fees_apart: bool = False


class ImportLine(NamedTuple):
    """A line as it is kept; `position` counts from 1. Of an invalid one only `source` need be known."""

    position: int
    place: str
    booked_on: date | None = None
    amount_minor: int | None = None
    description: str | None = None
    bank_id: str | None = None
    account: str | None = None
    kind: str | None = None
    line_key: bytes | None = None
    ordinal: int = 1
    status: LineStatus = LineStatus.NEW
    reason: str | None = None
    duplicate_of: UUID | None = None
    source: str | None = None
    other_key: bytes | None = None
    reason_code: str | None = None
    instead_of: UUID | None = None
    """The reversed entry that an earlier import made of it: recorded again, it becomes another."""
    entry_id: UUID | None = None


class WaitingLine(NamedTuple):
    """What recording takes of a line."""

    position: int
    line_key: bytes
    ordinal: int
    booked_on: date
    amount_minor: int
    description: str
    account: str | None
    has_bank_id: bool
    instead_of: UUID | None = None


class RecordedLine(NamedTuple):
    line_key: bytes
    ordinal: int
    entry_id: UUID
    account: str | None
    has_bank_id: bool


class Imports(Protocol):
    """Imports without their lines. A lease is held by who reads or records one, and shows that somebody does."""

    async def add(self, new: Import) -> Import:
        """Store a new import, leased, and return it; or the one of this idempotency key, or of this file if it waits.

        Raises:
            IdempotencyKeyReusedError: the key came with another file.
            TooManyImportsError: WAITING_MAX wait.
        """

    async def get(self, merchant_id: str, import_id: UUID) -> Import | None:
        """Return it; as failed where whoever read its file has gone."""

    async def page(self, merchant_id: str, before: UUID | None, limit: int) -> Sequence[Import]:
        """Return the newest first, those made before the given one."""

    def kept(self, merchant_id: str, import_id: UUID) -> AbstractAsyncContextManager[None]:
        """Renew the lease for the length of a block, and let go of it."""

    async def set_read(self, merchant_id: str, import_id: UUID, summary: Summary, reason: str | None = None) -> None:
        """Say that the file is read, or with a reason that it cannot be."""

    async def set_state(self, merchant_id: str, import_id: UUID, before: ImportState, after: ImportState) -> None:
        """Go from one state to another, with totals as the lines are now."""

    async def confirm(
        self, merchant_id: str, import_id: UUID, now: datetime, *, records_possible: bool, category: str | None
    ) -> bool:
        """Say that it shall be recorded, and how, if it is ready; what was said of its columns is known then."""

    async def is_stale(self, merchant_id: str, import_id: UUID) -> bool:
        """Tell whether its preview may be wrong by now.

        Since it was made entries of its days were recorded, days closed or reopened, or its header's columns confirmed.
        """

    async def known_columns(self, merchant_id: str) -> Mapping[str, str]:
        """Return what is known of the merchant's headers, by their fingerprints, MAPPINGS_MAX at most."""

    async def remove(self, merchant_id: str, import_id: UUID) -> bool:
        """Remove it unless it was confirmed."""

    async def claim(self) -> tuple[str, UUID] | None:
        """Lease the confirmed import, merchant and id, that was worked on longest ago and that nobody works on."""


class ImportLines(Protocol):
    async def add(self, merchant_id: str, import_id: UUID, lines: Sequence[ImportLine]) -> None: ...

    async def compare(self, merchant_id: str, import_id: UUID) -> None:
        """Find what is recorded already, by the lines' keys and then by day, amount and description.

        A line whose entry was reversed since may be recorded again: it is a possible duplicate.

        Each entry stands for one line only: of two equal lines beside one such entry one is new. What an import
        recorded is another line than one of another account, and where banks' ids name both of them. What was recorded
        of the same row, with fees read in the other way, it may be.
        """

    async def refuse(self, merchant_id: str, import_id: UUID, up_to: date, reason: Reason) -> None:
        """Call lines that would be recorded invalid, those of the day and of all before."""

    async def page(
        self, merchant_id: str, import_id: UUID, statuses: Sequence[LineStatus], after: int, limit: int
    ) -> Sequence[ImportLine]:
        """Return lines of these statuses, of all if there are none, in the file's order, after a position."""

    async def waiting(self, imported: Import, after: int, limit: int) -> Sequence[WaitingLine]:
        """Return the lines after a position that shall be recorded, as the import was confirmed."""

    async def record(
        self,
        imported: Import,
        up_to: int,
        recorded: Sequence[RecordedLine],
        refused: Mapping[int, Reason],
    ) -> bool:
        """Note what became of the next lines: their entries, or by position why there is none.

        False, and nothing is noted, when somebody else has done so.
        """

    async def remove(self, merchant_id: str, import_id: UUID) -> None: ...


class Books(Protocol):
    """What is recorded, as a statement is held against it."""

    async def sums(self, merchant_id: str, first: date, last: date) -> tuple[int, Mapping[date, DaySums]]:
        """Return the balance before the first day, and the sums of each day that has entries."""

    async def entries_of(self, merchant_id: str, days: Sequence[date], limit: int) -> Sequence[Entry]:
        """Return the entries of these days, by day and id."""
