from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg

from fluxo_entries.adapters.postgres import seal_sql, sql
from fluxo_entries.adapters.postgres.day_totals import PATIENCE_S
from fluxo_entries.adapters.postgres.outbox import database_position
from fluxo_entries.adapters.postgres.seal_rows import block, sealed_entry
from fluxo_entries.adapters.postgres.seals import entry_id_of, progress
from fluxo_entries.domain.seal import Block, SealedEntry

ROWS_PER_FETCH: Final = 50


class PostgresChain:
    """Reads through cursors in one snapshot: any number of blocks, a few at a time in memory."""

    def __init__(self, connection: asyncpg.Connection, merchant_id: str | None) -> None:
        self._connection = connection
        self._merchant_id = merchant_id

    async def entry_count(self) -> int:
        return int(await self._connection.fetchval(seal_sql.COUNT, self._merchant_id, timeout=PATIENCE_S))

    async def blocks(self) -> AsyncIterator[Block]:
        async for row in self._rows(seal_sql.BLOCKS, self._merchant_id):
            yield block(row)

    async def entries(self, entry_ids: Collection[UUID]) -> Mapping[UUID, SealedEntry]:
        rows = await self._connection.fetch(seal_sql.ENTRIES, entry_ids, timeout=PATIENCE_S)
        return {row["id"]: sealed_entry(row) for row in rows}

    async def unsealed(self) -> AsyncIterator[tuple[str, UUID]]:
        async for row in self._rows(seal_sql.UNSEALED_PASSED, self._merchant_id):
            yield row["merchant_id"], row["id"]

    async def waiting(self, entry_ids: Collection[UUID]) -> Collection[UUID]:
        if not entry_ids:
            return set()
        come_to = progress(await self._connection.fetchrow(seal_sql.PROGRESS))
        announced = self._rows(seal_sql.WAITING, *database_position(come_to.outbox))
        return {
            entry_id async for row in announced if (entry_id := entry_id_of(row["event"])) and entry_id in entry_ids
        }

    def _rows(self, statement: str, *given: Any) -> AsyncIterator[asyncpg.Record]:
        rows: AsyncIterator[asyncpg.Record] = aiter(
            self._connection.cursor(statement, *given, prefetch=ROWS_PER_FETCH, timeout=PATIENCE_S)
        )
        return rows


class PostgresChains:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def at_one_instant(self, merchant_id: str | None) -> AsyncIterator[PostgresChain]:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(sql.WITHOUT_TIMEOUT)
            yield PostgresChain(connection, merchant_id)
