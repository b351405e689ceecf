"""How long ids of applied entries are remembered. Ids are UUIDv7: they begin with the millisecond they were made in."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

REMEMBERED_FOR: Final = timedelta(days=40)
"""Whether an entry older than this was applied before nobody can tell, so it is not applied."""

PURGED_AFTER: Final = REMEMBERED_FOR + timedelta(hours=1)
"""An hour later, so that instances whose clocks differ never disagree to a balance's harm."""

AHEAD_MAX: Final = timedelta(days=366)
"""No clock is so wrong: an id from further ahead was made up, and would be remembered until then."""

FROM_THE_FUTURE: Final = (
    "The entry's id is of an instant more than a year ahead, and would not be forgotten until then."
)

_VERSION: Final = 7
_BITS_AFTER_TIME: Final = 80
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_dated(entry_id: UUID) -> bool:
    """Whether the id tells when it was made."""
    return entry_id.version == _VERSION


def is_forgotten(entry_id: UUID, now: datetime) -> bool:
    """Whether the inbox may no longer know a dated id."""
    return entry_id < oldest_remembered(now)


def is_made_within(span: timedelta, entry_id: UUID, now: datetime) -> bool:
    """Whether a dated id was made so short a time ago, or by a clock that is no further ahead."""
    return lowest_id(now - span) <= entry_id < lowest_id(now + span)


def oldest_remembered(now: datetime) -> UUID:
    """Return the bound below which the inbox may no longer know a dated id."""
    return lowest_id(now - REMEMBERED_FOR)


def newest_taken(now: datetime) -> UUID:
    """Return the bound from which on a dated id is of the future."""
    return lowest_id(now + AHEAD_MAX)


def lowest_id(instant: datetime) -> UUID:
    """Return a bound: every id made at the instant or later is not below it, every earlier one is."""
    return UUID(int=(instant - _EPOCH) // timedelta(milliseconds=1) << _BITS_AFTER_TIME)
