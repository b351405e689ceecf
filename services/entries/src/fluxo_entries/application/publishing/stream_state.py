"""What the stream shows of itself, and which outbox rows that makes suspect.

A row at or below the stream's last id counts as published, and nobody would send it again. So each of them must still
be in the stream, unless the relay itself removed it after every group had acknowledged it: `trimmed_up_to`
there. What anybody else removes, or lets a group skip, is a gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

XID_BITS: Final = 48
MINOR_MAX: Final = 2**64 - 1


@dataclass(frozen=True, slots=True, order=True)
class StreamPosition:
    """A stream entry's id `<major>-<minor>`; major is generation·2^48 + xid, minor the outbox row's sequence."""

    major: int
    minor: int

    def just_below(self) -> "StreamPosition":
        return StreamPosition(self.major, self.minor - 1) if self.minor else StreamPosition(self.major - 1, MINOR_MAX)

    def just_above(self) -> "StreamPosition":
        is_last = self.minor == MINOR_MAX
        return StreamPosition(self.major + 1, 0) if is_last else StreamPosition(self.major, self.minor + 1)

    def start_of_generation(self) -> "StreamPosition":
        return StreamPosition(self.major >> XID_BITS << XID_BITS, 0)


START: Final = StreamPosition(0, 0)


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The last generated id, and the event that the stream holds there: None when it does not hold it any more."""

    position: StreamPosition = START
    event: bytes | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group: it acknowledged everything at or below `acknowledged`, unless it `skipped` there unread."""

    name: str
    acknowledged: StreamPosition
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class SuspectRange:
    """Rows in (after, up_to] may have been missed; `reason` says how."""

    reason: str
    after: StreamPosition
    up_to: StreamPosition


@dataclass(frozen=True, slots=True)
class StreamState:
    """`first` and `newest` are the entries that are there, None when there are none.

    `last_event` is what lies at `last`, None when it is not there any more.

    `deleted` is the highest id that was ever deleted one by one, 0-0 if none was; the relay itself trimmed
    up to `trimmed_up_to`.
    """

    last: StreamPosition = START
    last_event: bytes | None = None
    first: StreamPosition | None = None
    newest: StreamPosition | None = None
    deleted: StreamPosition = START
    trimmed_up_to: StreamPosition = START
    groups: tuple[Group, ...] = ()

    @property
    def acknowledged(self) -> StreamPosition | None:
        """The highest id that every group has acknowledged; None while there is no group."""
        return min((group.acknowledged for group in self.groups), default=None)

    def suspect_ranges(self) -> Iterator[SuspectRange]:
        """Yield where rows may be that are not where they belong; mostly one range, which holds no rows."""
        # A group set back, or made anew, may want again what was rightly removed.
        kept_after = min([self.trimmed_up_to, *(group.acknowledged for group in self.groups)])
        first, newest = self.first or self.last.just_above(), self.newest or self.last
        suspects = [
            SuspectRange("trimmed before it was acknowledged", kept_after, first.just_below()),
            SuspectRange("deleted before it was acknowledged", kept_after, self.deleted),
            SuspectRange("missing at the stream's end", max(kept_after, newest), self.last),
            *(
                SuspectRange(f"skipped by group {group.name}", self.trimmed_up_to, self.last)
                for group in self.groups
                if group.skipped
            ),
        ]
        return (suspect for suspect in suspects if suspect.after < suspect.up_to)
