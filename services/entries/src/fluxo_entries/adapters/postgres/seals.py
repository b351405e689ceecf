from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from fluxo_entries.adapters.postgres import seal_sql
from fluxo_entries.adapters.postgres.outbox import database_position, stream_position
from fluxo_entries.adapters.postgres.seal_rows import block_row, seal, sealed_entry, signature
from fluxo_entries.application.publishing.stream_state import StreamPosition
from fluxo_entries.application.sealing.ports import Batch, Progress, UnsealedEntry
from fluxo_entries.domain.seal import Block, Seal, Signature


class _Identified(msgspec.Struct):
    id: UUID


_event_decoder: Final = msgspec.json.Decoder(_Identified)


class PostgresSeals:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def next_batch(self, looked_at_max: int) -> Batch:
        before = progress(await self._pool.fetchrow(seal_sql.PROGRESS))
        if before.scanned is not None:
            rows = await self._pool.fetch(seal_sql.SCAN, before.scanned, looked_at_max)
            scanned = rows[-1]["id"] if len(rows) == looked_at_max else None
            return Batch(before, Progress(before.outbox, scanned), _unsealed(rows), len(rows))
        announced = await self._pool.fetch(seal_sql.ANNOUNCED, *database_position(before.outbox), looked_at_max)
        if not announced:
            return Batch(before, before, [], 0)
        entry_ids = [entry_id for row in announced if (entry_id := entry_id_of(row["event"]))]
        rows = await self._pool.fetch(seal_sql.UNSEALED, entry_ids)
        return Batch(before, Progress(stream_position(announced[-1]), None), _unsealed(rows), len(announced))

    async def latest(self, merchant_ids: Collection[str]) -> Mapping[str, Seal]:
        rows = await self._pool.fetch(seal_sql.LATEST, merchant_ids) if merchant_ids else []
        return {row["merchant_id"]: seal(row) for row in rows}

    async def latest_signed(self, merchant_id: str) -> tuple[Seal, Signature] | None:
        row = await self._pool.fetchrow(seal_sql.LATEST_OF_OWN, merchant_id)
        return None if row is None else (seal(row), signature(row))

    async def append(self, batch: Batch, blocks: Sequence[Block]) -> bool:
        points = [*_row(batch.before), *_row(batch.after)]
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.execute(seal_sql.ADVANCE, *points) == "UPDATE 0":
                return False
            await connection.executemany(seal_sql.ADD_BLOCK, map(block_row, blocks))
        return True

    async def position(self) -> StreamPosition:
        return progress(await self._pool.fetchrow(seal_sql.PROGRESS)).outbox


def progress(row: asyncpg.Record) -> Progress:
    return Progress(stream_position(row), row["scanned"])


def entry_id_of(event: bytes) -> UUID | None:
    """Return the id of the event, which an entry has too; None where there is none to be read."""
    try:
        return _event_decoder.decode(event).id
    except (ValueError, RecursionError):
        return None


def _row(point: Progress) -> tuple[Any, ...]:
    return *database_position(point.outbox), point.scanned


def _unsealed(rows: Sequence[asyncpg.Record]) -> list[UnsealedEntry]:
    return [UnsealedEntry(row["merchant_id"], row["recorded_at"], sealed_entry(row)) for row in rows]
