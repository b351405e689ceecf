import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from fluxo_chassis.postgres.tenants import NAME_TENANTS

from fluxo_entries.adapters.postgres import import_sql
from fluxo_entries.adapters.postgres.sql import within
from fluxo_entries.application.importing.ports import (
    MAPPINGS_MAX,
    WAITING_MAX,
    Import,
    ImportState,
    Summary,
    Total,
)
from fluxo_entries.application.importing.statements import StatementColumns
from fluxo_entries.domain.errors import IdempotencyKeyReusedError, TooManyImportsError
from fluxo_entries.domain.statement_line import LineStatus

KEEP_EVERY_S: Final = 1.0
LONG_S: Final = 60.0
"""What adds up, or looks through, the lines of a whole import."""

_totals: Final = msgspec.json.Decoder(dict[LineStatus, Total])
_columns: Final = msgspec.json.Decoder(StatementColumns)
_PLAIN: Final = (
    *("id", "merchant_id", "digest", "filename", "currency", "created_at", "account", "idempotency_key"),
    *(
        "records_possible",
        "category",
        "recorded_up_to",
        "recorded_count",
        "confirmed_at",
        "columns_given",
        "fees_apart",
    ),
)
_SUMMARY: Final = ("format", "heading", "guessed", "opening_minor", "closing_minor", "difference_minor", "line_count")


@asynccontextmanager
async def naming(
    pool: asyncpg.Pool, merchant_id: str, *, is_long: bool = False, may_be_lost: bool = False
) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction that has named the merchant; `is_long` where its statements may take long.

    One that `may_be_lost` does not wait for the disk.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(import_sql.NAME_AND_DO_NOT_WAIT if may_be_lost else NAME_TENANTS, merchant_id)
        if is_long:
            await connection.execute(within(int(LONG_S * 1000)))
        yield connection


class PostgresImports:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, new: Import) -> Import:
        values = (
            *(new.id, new.idempotency_key, new.digest, new.filename, new.account, new.currency, new.created_at),
            *(new.columns_given, new.fees_apart),
        )
        async with naming(self._pool, new.merchant_id) as connection:
            await connection.execute(import_sql.GIVE_UP_LEFT, new.merchant_id)
            if await connection.execute(import_sql.ADD, new.merchant_id, *values) == "INSERT 0 1":
                if await connection.fetchval(import_sql.COUNT_WAITING, new.merchant_id) > WAITING_MAX:
                    raise TooManyImportsError  # and the transaction is undone
                return new
            row = await connection.fetchrow(import_sql.FIND_THE_SAME, new.merchant_id, new.idempotency_key, new.digest)
        if row is None:
            return await self.add(new)  # The other one went a moment ago.
        if row["digest"] != new.digest:
            raise IdempotencyKeyReusedError(row["idempotency_key"])
        return _import(row)

    async def get(self, merchant_id: str, import_id: UUID) -> Import | None:
        row = await self._pool.fetchrow(import_sql.GET, merchant_id, import_id)
        return None if row is None else _import(row)

    async def page(self, merchant_id: str, before: UUID | None, limit: int) -> Sequence[Import]:
        return [_import(row) for row in await self._pool.fetch(import_sql.PAGE, merchant_id, before, limit)]

    @asynccontextmanager
    async def kept(self, merchant_id: str, import_id: UUID) -> AsyncIterator[None]:
        async def keep() -> None:
            while True:
                # What is lost meanwhile shows in what is written.
                with suppress(Exception):
                    await self._execute(import_sql.KEEP, merchant_id, import_id)
                await asyncio.sleep(KEEP_EVERY_S)

        keeping = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])
        await self._execute(import_sql.LET_GO, merchant_id, import_id)

    async def set_read(self, merchant_id: str, import_id: UUID, summary: Summary, reason: str | None = None) -> None:
        columns = None if summary.columns is None else msgspec.json.encode(summary.columns).decode()
        values = [*(getattr(summary, name) for name in _SUMMARY), columns]
        await self._execute(import_sql.SET_READ, merchant_id, import_id, reason, *values, is_long=True)

    async def set_state(self, merchant_id: str, import_id: UUID, before: ImportState, after: ImportState) -> None:
        await self._execute(import_sql.SET_STATE, merchant_id, import_id, before, after, is_long=True)

    async def confirm(
        self, merchant_id: str, import_id: UUID, now: datetime, *, records_possible: bool, category: str | None
    ) -> bool:
        values = merchant_id, import_id, now, records_possible, category
        async with naming(self._pool, merchant_id) as connection:
            if await connection.execute(import_sql.CONFIRM, *values) == "UPDATE 0":
                return False
            await connection.execute(import_sql.KEEP_COLUMNS, merchant_id, import_id)
        return True

    async def is_stale(self, merchant_id: str, import_id: UUID) -> bool:
        async with naming(self._pool, merchant_id, is_long=True) as connection:
            return bool(await connection.fetchval(import_sql.IS_STALE, merchant_id, import_id, timeout=LONG_S))

    async def known_columns(self, merchant_id: str) -> Mapping[str, str]:
        return dict(await self._pool.fetch(import_sql.KNOWN_COLUMNS, merchant_id, MAPPINGS_MAX))

    async def remove(self, merchant_id: str, import_id: UUID) -> bool:
        return await self._execute(import_sql.REMOVE, merchant_id, import_id)

    async def claim(self) -> tuple[str, UUID] | None:
        row = await self._pool.fetchrow(import_sql.CLAIM)
        return None if row is None else (row["tenant"], row["import_id"])

    async def _execute(self, statement: str, merchant_id: str, *values: Any, is_long: bool = False) -> bool:
        """Return whether there was a row to write."""
        timeout_s = LONG_S if is_long else None
        async with naming(self._pool, merchant_id, is_long=is_long) as connection:
            status: str = await connection.execute(statement, merchant_id, *values, timeout=timeout_s)
        return not status.endswith(" 0")


def _import(row: asyncpg.Record) -> Import:
    plain: dict[str, Any] = {name: row[name] for name in _PLAIN}
    return Import(
        **plain,
        state=ImportState(row["state_now"]),
        reason=row["reason_now"],
        summary=Summary(
            **{name: row[name] for name in _SUMMARY} | {"guessed": tuple(row["guessed"])},
            columns=None if row["columns"] is None else _columns.decode(row["columns"]),
        ),
        totals=_totals.decode(row["totals"]),
    )
