"""Recordings become rows: one statement for many, and a second one for the keys that were taken."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.rows import columns_of, entry_of
from fluxo_entries.application.recording.ports import Outcome, Recording
from fluxo_entries.domain.day_close import first_open_day
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.errors import (
    DayClosedError,
    EntryAlreadyReversedError,
    IdempotencyKeyReusedError,
    OverloadedError,
    RejectedFieldsError,
)
from fluxo_entries.domain.merchant import DEFAULT_TIME_ZONE

Key = tuple[str, str]
TRIES_MAX: Final = 3
LOST_A_RACE: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


Stored = tuple[bytes, Entry]
"""What a key was used for: the hash of its request, and the entry that came of it."""


def tenants(merchant_ids: Iterable[str]) -> str:
    """Return them as the statements name them."""
    return ",".join(set(merchant_ids))


def key_of(recording: Recording) -> Key:
    return recording.entry.merchant_id, recording.idempotency_key


async def find(connection: asyncpg.Connection, keys: Sequence[Key]) -> dict[Key, Stored]:
    """Return what each of the keys was used for; unused ones are missing."""
    merchants = [merchant for merchant, _ in keys]
    rows = await connection.fetch(sql.FIND_BY_KEYS, tenants(merchants), merchants, [key for _, key in keys])
    return {(row["merchant_id"], row["key"]): (row["request_hash"], entry_of(row)) for row in rows}


async def insert(
    connection: asyncpg.Connection, recordings: Sequence[Recording]
) -> list[Outcome | IdempotencyKeyReusedError | DayClosedError]:
    """Write all of them with one statement and return their outcomes in order; any that is raised means that none was.

    What lies in a closed day is left out, unless its key has an answer.
    """
    firsts: dict[Key, Recording] = {}
    for recording in recordings:
        firsts.setdefault(key_of(recording), recording)
    sorted_firsts = [firsts[key] for key in sorted(firsts)]
    whose = tenants(merchant for merchant, _ in firsts)
    rows = await connection.fetch(sql.APPEND, whose, DEFAULT_TIME_ZONE, *columns_of(sorted_firsts))
    fresh = {row["entry_id"] for row in rows if row["closed_through"] is None}
    closed = closed_days(rows)
    stored = {key: (first.request_hash, first.entry) for key, first in firsts.items() if first.entry.id in fresh}
    if taken := [key for key in firsts if key not in stored]:
        stored |= await find(connection, taken)
        if any(key not in stored and firsts[key].entry.id not in closed for key in taken):
            # A key that was taken a moment ago has just been purged: it is free now.
            return await insert(connection, recordings)
    return [
        outcome(recording, *stored[key])
        if (key := key_of(recording)) in stored
        else DayClosedError(closed[firsts[key].entry.id])
        for recording in recordings
    ]


def closed_days(rows: Sequence[asyncpg.Record]) -> dict[UUID, date]:
    """Return the first open day for each entry that `sql.APPEND` or `sql.TAKE_KEYS` left out because of its day."""
    return {row["entry_id"]: first_open_day(row["closed_through"]) for row in rows if row["closed_through"] is not None}


def outcome(recording: Recording, request_hash: bytes, entry: Entry) -> Outcome | IdempotencyKeyReusedError:
    if recording.request_hash != request_hash:
        return IdempotencyKeyReusedError(recording.idempotency_key)
    # Its own id may also come back after an attempt whose answer was lost.
    return Outcome(entry, replayed=recording.entry.id != entry.id)


async def insert_each(connection: asyncpg.Connection, recordings: Sequence[Recording]) -> list[Outcome | Exception]:
    """Write them together; when that is refused, in halves, so that a bad row fails only its own caller.

    An exception in the place of an outcome means that this recording was not written. Raises what a lost connection
    raises; what was written then is unknown.
    """
    for _ in range(TRIES_MAX):
        try:
            return list(await insert(connection, recordings))
        except LOST_A_RACE:
            continue
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            if len(recordings) == 1:
                return [refusal(error, recordings[0])]
            half = len(recordings) // 2
            return [
                *await insert_each(connection, recordings[:half]),
                *await insert_each(connection, recordings[half:]),
            ]
    return [OverloadedError("The database is too busy to write this now.") for _ in recordings]


def refusal(error: Exception, recording: Recording) -> Exception:
    """Return the fact behind a constraint; the error itself where there is none."""
    constraint = getattr(error, "constraint_name", None)
    if constraint == "entries_reverses_once" and recording.entry.reverses:
        return EntryAlreadyReversedError(recording.entry.reverses)
    if constraint == "entries_currency_fkey":
        return RejectedFieldsError(("currency", "The merchant's currency was changed a moment ago."))
    return error
