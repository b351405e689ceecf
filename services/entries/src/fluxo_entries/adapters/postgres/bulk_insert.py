"""Many recordings in one transaction: their keys first, then what goes with those that were new."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final, TypeVar

import asyncpg
from fluxo_chassis.postgres.tenants import NAME_TENANTS

from fluxo_entries.adapters.events import event_of
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.insert import Key, Stored, closed_days, find, key_of, outcome, tenants
from fluxo_entries.adapters.postgres.rows import entry_row, key_row
from fluxo_entries.application.recording.ports import Outcome, Recording
from fluxo_entries.domain.errors import DayClosedError, IdempotencyKeyReusedError

CHUNK_ROWS: Final = 500
"""A few milliseconds of work for this process, and a small part of a statement's time for the database."""

T = TypeVar("T")
Outcomes = list[Outcome | IdempotencyKeyReusedError | DayClosedError]


async def bulk_insert(connection: asyncpg.Connection, recordings: Sequence[Recording], *, atomic: bool) -> Outcomes:
    """Write all of them in a transaction of their own; any error means that none was, unless it came with the commit.

    Outcomes stand in the order given. Nothing is written when `atomic` and a key belongs to another request, or a day
    is closed.
    """
    transaction = connection.transaction()
    await transaction.start()
    try:
        outcomes = await _write(connection, recordings)
    except asyncpg.PostgresError:
        if not connection.is_closed():
            await transaction.rollback()
        raise
    except BaseException:
        # A server that does not answer would not answer a rollback either.
        with suppress(asyncpg.InterfaceError):
            # The pool may have taken it back: it was lost.
            connection.terminate()
        raise
    if atomic and any(isinstance(outcome, Exception) for outcome in outcomes):
        await transaction.rollback()
    else:
        await transaction.commit()
    return outcomes


async def _write(connection: asyncpg.Connection, recordings: Sequence[Recording]) -> Outcomes:
    await connection.execute(NAME_TENANTS, tenants(recording.entry.merchant_id for recording in recordings))
    firsts: dict[Key, Recording] = {}
    for recording in recordings:
        firsts.setdefault(key_of(recording), recording)
    taken: dict[Key, Stored] = {}
    closed: dict[Key, date] = {}
    # The keys' order for the database, so that concurrent ones cannot deadlock.
    for keys in _chunks(sorted(firsts)):
        taken_now, closed_now = await _take(connection, [firsts[key] for key in keys])
        taken |= taken_now
        closed |= closed_now
    left_out = taken.keys() | closed.keys()
    for chunk in _chunks([recording for key, recording in firsts.items() if key not in left_out]):
        # The events are made while the database works on the entries.
        _, events = await asyncio.gather(
            connection.execute(sql.RECORD, *_columns([entry_row(recording.entry) for recording in chunk])),
            _events_of(chunk),
        )
        # No policy holds what is not a merchant's, and so it may come by COPY, which costs half.
        await connection.copy_records_to_table("outbox", columns=["event"], records=events)
    if len(firsts) == len(recordings) and not left_out:
        return [Outcome(recording.entry) for recording in recordings]
    stored = {key: (first.request_hash, first.entry) for key, first in firsts.items()} | taken
    return [
        DayClosedError(closed[key]) if (key := key_of(recording)) in closed else outcome(recording, *stored[key])
        for recording in recordings
    ]


async def _take(
    connection: asyncpg.Connection, recordings: Sequence[Recording]
) -> tuple[dict[Key, Stored], dict[Key, date]]:
    """Take the keys that are free; return what others were used for, and which are free but of closed days."""
    fresh, taken, closed = 0, dict[Key, Stored](), dict[Key, date]()
    # Once, but for a key that is purged between the two statements.
    while fresh + len(taken) + len(closed) < len(recordings):
        rows = await connection.fetch(sql.TAKE_KEYS, *_columns([key_row(recording) for recording in recordings]))
        fresh += sum(row["fresh"] for row in rows)
        if fresh < len(recordings):
            # Those that were free have no entry yet.
            taken = await find(connection, [key_of(recording) for recording in recordings])
            days = closed_days(rows)
            closed = {
                key: days[recording.entry.id]
                for recording in recordings
                if recording.entry.id in days and (key := key_of(recording)) not in taken
            }
    return taken, closed


async def _events_of(recordings: Sequence[Recording]) -> list[tuple[bytes]]:
    return [(event_of(recording),) for recording in recordings]


def _columns(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    return zip(*rows, strict=True)


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK_ROWS):
        yield rows[start : start + CHUNK_ROWS]
