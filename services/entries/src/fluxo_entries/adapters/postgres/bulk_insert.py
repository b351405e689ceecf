"""Many recordings in one transaction: their keys first, then what goes with those that were new."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import Final, TypeVar

import asyncpg
from fluxo_chassis.postgres.tenants import NAME_TENANTS
from fluxo_contracts.streams import BULK_PART_EVENTS

from fluxo_entries.adapters.events import event_of
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.insert import Key, Stored, closed_days, find, key_of, outcome, tenants
from fluxo_entries.adapters.postgres.rows import bulk_outbox_copy, entries_as_lines, keys_as_lines, outbox_copy
from fluxo_entries.application.cooperative import in_pieces, short_work, sorted_in_turns, then_rest
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
    firsts: dict[Key, Recording] = {}
    async for piece in in_pieces(recordings):
        for recording in piece:
            firsts.setdefault(key_of(recording), recording)
    is_large = len(recordings) > BULK_PART_EVENTS
    await connection.execute(sql.WILL_ANNOUNCE_LATER if is_large else sql.WILL_ANNOUNCE)
    await connection.execute(NAME_TENANTS, tenants(merchant for merchant, _ in firsts))
    taken: dict[Key, Stored] = {}
    closed: dict[Key, date] = {}

    async def take(chunk: Sequence[Recording], columns: list[str]) -> None:
        taken_now, closed_now = await _take(connection, chunk, columns)
        taken.update(taken_now)
        closed.update(closed_now)

    async def prepare(recordings: Sequence[Recording]) -> tuple[list[str], bytearray]:
        events: list[bytes] = []
        async for piece in in_pieces(recordings):
            events += map(event_of, piece)
        rows = bulk_outbox_copy(events, BULK_PART_EVENTS) if is_large else outbox_copy(events)
        return entries_as_lines(recordings), rows

    async def record(_: Sequence[Recording], prepared: tuple[list[str], bytearray]) -> None:
        columns, rows = prepared
        await connection.execute(sql.RECORD, *columns)
        # No policy holds what is not a merchant's, and so it may come by COPY, which costs half.
        table, column = ("bulk_outbox", "events") if is_large else ("outbox", "event")
        await connection.copy_to_table(table, source=rows, columns=[column], format="binary")

    # The keys' order for the database, so that concurrent ones cannot deadlock.
    await _in_chunks([firsts[key] for key in await sorted_in_turns(firsts)], _keys, take)
    left_out = taken.keys() | closed.keys()
    fresh = [recording for key, recording in firsts.items() if key not in left_out] if left_out else [*firsts.values()]
    await _in_chunks(fresh, prepare, record)
    if len(firsts) == len(recordings) and not left_out:
        outcomes: Outcomes = []
        async for piece in in_pieces(recordings):
            outcomes += [Outcome(recording.entry) for recording in piece]
        return outcomes
    stored = {key: (first.request_hash, first.entry) for key, first in firsts.items()} | taken
    return [
        DayClosedError(closed[key]) if (key := key_of(recording)) in closed else outcome(recording, *stored[key])
        for recording in recordings
    ]


async def _in_chunks(
    recordings: Sequence[Recording],
    prepare: Callable[[Sequence[Recording]], Awaitable[T]],
    send: Callable[[Sequence[Recording], T], Awaitable[None]],
) -> None:
    """Send chunk by chunk; while the database works on one, this process makes the next ready.

    Where short work comes, one after the other, with a rest between: it would find neither of two cores free. There is
    none before a commit, which others may wait for.
    """
    chunks = [recordings[start : start + CHUNK_ROWS] for start in range(0, len(recordings), CHUNK_ROWS)]
    if not chunks:
        return
    ready = await prepare(chunks[0])
    for chunk, following in pairwise(chunks):
        if short_work.comes:
            await then_rest(send(chunk, ready))
            ready = await prepare(following)
        else:
            # The first is on its way when the second begins: that waits for a turn of the event loop.
            _, ready = await asyncio.gather(send(chunk, ready), prepare(following))
    await send(chunks[-1], ready)


async def _keys(recordings: Sequence[Recording]) -> list[str]:
    await asyncio.sleep(0)
    return keys_as_lines(recordings)


async def _take(
    connection: asyncpg.Connection, recordings: Sequence[Recording], columns: list[str]
) -> tuple[dict[Key, Stored], dict[Key, date]]:
    """Take the keys that are free; return what others were used for, and which are free but of closed days."""
    fresh, taken, closed = 0, dict[Key, Stored](), dict[Key, date]()
    first_day = min(recording.entry.business_date for recording in recordings)
    # Once, but for a key that is purged between the two statements.
    while fresh + len(taken) + len(closed) < len(recordings):
        rows = await connection.fetch(sql.TAKE_KEYS, first_day, *columns)
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
