"""What publishing needs from outside."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from fluxo_entries.application.publishing.stream_state import StreamEnd, StreamPosition, StreamState


@dataclass(frozen=True, slots=True)
class OutboxRow:
    position: StreamPosition
    event: bytes


@dataclass(frozen=True, slots=True)
class BulkPart:
    """So many events, of which the last lies there in the outbox."""

    last: StreamPosition
    events: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be published: rows (counted up to 100,000) and ages in seconds, 0 where there is none.

    Events of bulks that wait for their turn count as rows.

    `held_back_age_s` is the age of the oldest row that a transaction still open somewhere keeps from being published;
    `held_back_by` says whose transaction, once that takes long.
    """

    rows: int
    oldest_age_s: float
    held_back_age_s: float
    held_back_by: str | None = None


class Outbox(Protocol):
    """The events of committed transactions, in an order in which nothing that commits later can sort earlier.

    Positions belong to a generation, which is raised when the database is not the one it was (restore, recovery,
    promotion). A position of an older generation means: before the oldest row.
    """

    async def rows_after(
        self, last: StreamPosition, limit: int, event: bytes | None, *, passing: bool = False
    ) -> list[OutboxRow]:
        """Return the next rows below the snapshot horizon, in order, with positions of the current generation.

        `last` is the stream's last id, and `event` what it holds there, as for `recognise`. Any transaction that writes
        holds the horizon, whatever it writes; `passing`, only those do that write into the outbox. That takes longer to
        find out.

        Raises:
            StreamAheadError: `last` is of a generation that nobody can have given out.
        """

    async def move_bulk_events(self) -> BulkPart | None:
        """Move the next part of a bulk's events into the outbox; returns None where none waits."""

    async def recognise(self, last: StreamPosition, event: bytes | None) -> None:
        """Start a new generation if the row at the stream's last id is not the event that the stream holds there.

        None is an event that the stream does not hold any more. A database that lost its last commits gives their
        positions to other rows.

        Raises:
            StreamAheadError: as `rows_after`.
        """

    async def has_rows_after(self, position: StreamPosition) -> bool:
        """Return whether any row waits after the position, also one that is held back by the horizon."""

    async def has_rows_between(self, after: StreamPosition, up_to: StreamPosition) -> bool:
        """Return whether any row of the current generation lies above the first and not above the second."""

    async def publish_again(self, above: StreamPosition) -> None:
        """Start a generation higher than the position's, unless that was done meanwhile."""

    async def note_acknowledged(self, position: StreamPosition) -> None:
        """Let everybody who has the database know that all groups have acknowledged everything up to here."""

    async def backlog(self, position: StreamPosition) -> Backlog: ...

    async def oldest_age_s(self, after: StreamPosition, up_to: StreamPosition) -> float:
        """Return the age in seconds of the first row between the two, 0 if there is none."""

    def leadership(self) -> AbstractAsyncContextManager[bool]:
        """Enter with True for one of several relays at a time, with False for the others."""

    async def create_partitions(self) -> int:
        """Make the partitions that the coming days need; returns how many were made."""

    async def drop_below(self, position: StreamPosition) -> int:
        """Drop partitions whose rows all lie at or below the position and are older than the safety margin.

        Returns how many partitions went; none when the position is not of the current generation.
        """

    async def purge_idempotency_keys(self) -> int:
        """Delete keys older than they must be kept (31 days, and a margin), a part at a time; returns how many."""

    async def purge_import_lines(self) -> int:
        """Delete lines of imports confirmed longer ago than they are shown; returns how many rows were touched."""


class StreamAheadError(Exception):
    """The stream's last id is so far ahead that no relay gave it out: nothing can be published behind it."""


class StreamMovedBackError(Exception):
    """The stream's last id is lower than the position a batch continues from: read the position again."""


class GapFoundError(Exception):
    """Published events are missing at the stream's end, or a group would never read them; the message says which."""


class EntriesStream(Protocol):
    """The Redis stream; its last generated id is the relay's position."""

    async def position(self) -> StreamPosition:
        """Return the last generated id, 0-0 when there is no stream."""

    async def end(self) -> StreamEnd:
        """Return the last generated id with its event."""

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

    async def delivered(self) -> StreamPosition | None:
        """Return the highest id that every group was given; None while there is no group."""

    async def keep_counts(self) -> None:
        """Have the server remember in a restart how many entries each group has read, where it would forget that.

        A group at the stream's end of which this is not known counts as one that was put there, unread.
        """

    async def trim_below(self, acknowledged: StreamPosition) -> int:
        """Remove stream entries at or below the position and note it as `trimmed_up_to`; returns how many went.

        The newest entry stays: the outbox is recognised by it.
        """

    async def remove(self, last: StreamPosition) -> bool:
        """Remove stream and groups if that is still the last id; returns whether it was."""
