"""Many recordings in one transaction: by COPY when all their keys are new, by statements when one is not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import asyncpg

from fluxo_entries.adapters.events import event_of
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.insert import insert, key_of
from fluxo_entries.adapters.postgres.rows import entry_row, key_row
from fluxo_entries.application.recording.ports import Outcome, Recording
from fluxo_entries.domain.errors import IdempotencyKeyReusedError

CHUNK_ROWS: Final = 500
"""A few milliseconds of work for this process, and a small part of a statement's time for the database."""

T = TypeVar("T")
Outcomes = list[Outcome | IdempotencyKeyReusedError]
Write = Callable[[asyncpg.Connection, Sequence[Recording]], Awaitable[Outcomes]]


async def bulk_insert(connection: asyncpg.Connection, recordings: Sequence[Recording], *, atomic: bool) -> Outcomes:
    """Write all of them in a transaction of their own; any error means that none was, unless it came with the commit.

    Outcomes stand in the order given. Nothing is written when `atomic` and a key belongs to another request.
    """
    try:
        return await _in_transaction(connection, _copy, recordings, atomic=atomic)
    except asyncpg.UniqueViolationError:
        # A key is taken, or stands twice among them. That COPY cannot leave out.
        return await _in_transaction(connection, _write_in_key_order, recordings, atomic=atomic)


async def _in_transaction(
    connection: asyncpg.Connection, write_all: Write, recordings: Sequence[Recording], *, atomic: bool
) -> Outcomes:
    transaction = connection.transaction()
    await transaction.start()
    try:
        outcomes = await write_all(connection, recordings)
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
    if atomic and any(isinstance(outcome, IdempotencyKeyReusedError) for outcome in outcomes):
        await transaction.rollback()
    else:
        await transaction.commit()
    return outcomes


async def _copy(connection: asyncpg.Connection, recordings: Sequence[Recording]) -> Outcomes:
    """Write them, or fail at the first key that is not new. All keys go before the rest, so that it fails early."""
    for chunk in _chunks(sorted(recordings, key=key_of)):
        await connection.copy_records_to_table(
            "idempotency_keys", columns=sql.KEY_COLUMNS, records=[key_row(recording) for recording in chunk]
        )
    for chunk in _chunks(recordings):
        # The events are made while the database works on the entries.
        _, events = await asyncio.gather(
            connection.copy_records_to_table(
                "entries", columns=sql.ENTRY_COLUMNS, records=[entry_row(recording.entry) for recording in chunk]
            ),
            _events_of(chunk),
        )
        await connection.copy_records_to_table("outbox", columns=["event"], records=events)
    return [Outcome(recording.entry) for recording in recordings]


async def _events_of(recordings: Sequence[Recording]) -> list[tuple[bytes]]:
    return [(event_of(recording),) for recording in recordings]


async def _write_in_key_order(connection: asyncpg.Connection, recordings: Sequence[Recording]) -> Outcomes:
    # The keys' order for the database, so that concurrent ones cannot deadlock; the caller's order for the answer.
    order = sorted(range(len(recordings)), key=lambda index: key_of(recordings[index]))
    outcomes: dict[int, Outcome | IdempotencyKeyReusedError] = {}
    for indices in _chunks(order):
        written = await insert(connection, [recordings[index] for index in indices])
        outcomes.update(zip(indices, written, strict=True))
    return [outcomes[index] for index in range(len(recordings))]


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK_ROWS):
        yield rows[start : start + CHUNK_ROWS]
