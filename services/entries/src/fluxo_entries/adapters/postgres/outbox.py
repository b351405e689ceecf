from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import asyncpg
import structlog

from fluxo_entries.adapters.postgres import outbox_sql
from fluxo_entries.application.publishing.ports import Backlog, BulkPart, OutboxRow, StreamAheadError
from fluxo_entries.application.publishing.stream_state import XID_BITS, StreamPosition

log = structlog.get_logger(__name__)

SEQUENCE_MAX: Final = 2**63 - 1
NEEDS_NEW_GENERATION: Final = "FX001"
STREAM_IS_AHEAD: Final = "FX002"
HELD_BACK_LONG_S: Final = 10.0
"""No transaction of ours takes so long: it is worth to ask whose it is."""

DAYS_AHEAD: Final = 7
ROWS_PER_PURGE: Final = 5_000


class PostgresOutbox:
    """`keep` is the safety margin: how long rows stay at least, although everybody has acknowledged them."""

    def __init__(self, pool: asyncpg.Pool, keep: timedelta) -> None:
        self._pool = pool
        self._keep = keep

    async def rows_after(
        self, last: StreamPosition, limit: int, event: bytes | None = None, *, passing: bool = False
    ) -> list[OutboxRow]:
        passed = await self._pass() if passing else 0
        return [
            OutboxRow(stream_position(row), row["event"])
            for row in await self._fetch(outbox_sql.ROWS_AFTER, last, event, limit, passed)
        ]

    async def move_bulk_events(self) -> BulkPart | None:
        row = await self._pool.fetchrow(outbox_sql.MOVE_BULK_EVENTS)
        return None if row is None else BulkPart(stream_position(row), row["event_count"])

    async def has_rows_after(self, position: StreamPosition) -> bool:
        return bool((await self._fetch(outbox_sql.HAS_ROWS_AFTER, position))[0][0])

    async def has_rows_between(self, after: StreamPosition, up_to: StreamPosition) -> bool:
        return bool((await self._fetch(outbox_sql.HAS_ROWS_BETWEEN, after, *database_position(up_to)))[0][0])

    async def recognise(self, last: StreamPosition, event: bytes | None) -> None:
        await self._fetch(outbox_sql.RECOGNISE, last, event)

    async def publish_again(self, above: StreamPosition) -> None:
        await self._start_generation(database_position(above)[0])

    async def note_acknowledged(self, position: StreamPosition) -> None:
        await self._pool.execute(outbox_sql.NOTE_ACKNOWLEDGED, *database_position(position))

    async def backlog(self, position: StreamPosition) -> Backlog:
        backlog = Backlog(**(await self._fetch(outbox_sql.BACKLOG, position))[0])
        if backlog.held_back_age_s < HELD_BACK_LONG_S:
            return backlog
        return replace(backlog, held_back_by=await self._pool.fetchval(outbox_sql.HORIZON_HOLDER) or "nobody any more")

    async def oldest_age_s(self, after: StreamPosition, up_to: StreamPosition) -> float:
        return float((await self._fetch(outbox_sql.OLDEST_AGE, after, *database_position(up_to)))[0][0])

    @asynccontextmanager
    async def leadership(self) -> AsyncIterator[bool]:
        # A lock of the session: one that hangs on a transaction would keep that open all the while.
        async with self._pool.acquire() as connection:
            is_leader = await connection.fetchval(outbox_sql.TRY_LEADERSHIP)
            try:
                yield is_leader
            finally:
                if is_leader and not connection.is_closed():
                    await connection.execute(outbox_sql.END_LEADERSHIP)

    async def create_partitions(self) -> int:
        return int(await self._pool.fetchval(outbox_sql.CREATE_PARTITIONS, DAYS_AHEAD))

    async def drop_below(self, position: StreamPosition) -> int:
        return int(await self._pool.fetchval(outbox_sql.DROP_PARTITIONS, *database_position(position), self._keep))

    async def purge_idempotency_keys(self) -> int:
        return await self._purge(outbox_sql.PURGE_IDEMPOTENCY_KEYS)

    async def purge_import_lines(self) -> int:
        return await self._purge(outbox_sql.PURGE_IMPORT_LINES)

    async def _pass(self) -> int:
        await self._pool.execute(outbox_sql.CLOSE_TO_WHO_IS_PASSED)
        return int(await self._pool.fetchval(outbox_sql.HORIZON_PASSING))

    async def _purge(self, statement: str) -> int:
        purged = 0
        while part := await self._pool.fetchval(statement, ROWS_PER_PURGE):
            purged += part
        return purged

    async def _fetch(self, statement: str, position: StreamPosition, *arguments: Any) -> list[asyncpg.Record]:
        """Run a statement that starts from a position, in a new generation first where one is due."""
        given = database_position(position)
        try:
            return list(await self._pool.fetch(statement, *given, *arguments))
        except asyncpg.PostgresError as error:
            if error.sqlstate != NEEDS_NEW_GENERATION:
                raise
        await self._start_generation(given[0])
        return list(await self._pool.fetch(statement, *given, *arguments))

    async def _start_generation(self, above: int) -> None:
        try:
            generation = await self._pool.fetchval(outbox_sql.RAISE_GENERATION, above)
        except asyncpg.PostgresError as error:
            if error.sqlstate != STREAM_IS_AHEAD:
                raise
            raise StreamAheadError(str(error)) from error
        log.warning("the outbox has a new generation: publishing from its oldest row", generation=generation)


def stream_position(row: asyncpg.Record) -> StreamPosition:
    """Return the position of a row that holds generation, transaction id and sequence."""
    return StreamPosition((row["generation"] << XID_BITS) + row["xid"], row["seq"])


def database_position(position: StreamPosition) -> tuple[int, int, int]:
    """Return generation, transaction id and sequence; no row has a higher sequence than the database can count to."""
    generation, xid = divmod(position.major, 1 << XID_BITS)
    return generation, xid, min(position.minor, SEQUENCE_MAX)
