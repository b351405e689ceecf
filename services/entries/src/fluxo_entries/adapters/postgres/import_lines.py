from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg

from fluxo_entries.adapters.postgres import import_sql
from fluxo_entries.adapters.postgres.imports import LONG_S, naming
from fluxo_entries.application.importing.ports import Import, ImportLine, RecordedLine, WaitingLine
from fluxo_entries.domain.line_reason import ALIKE, OTHERWISE, RECORDED_BEFORE, REVERSED, SAME, Reason
from fluxo_entries.domain.statement_line import LineStatus

SLICE_LINES: Final = 2_000
REMOVED_LINES: Final = 10_000
"""What one transaction writes: no event comes out of the outbox past one that still does."""

LOOKED_AT: Final = 10_000
"""Lines, by one statement: of what was just stored the planner has no statistics, and sorts whatever it may have to."""

_REASONS: Final = {LineStatus.DUPLICATE: SAME, LineStatus.POSSIBLE_DUPLICATE: ALIKE}

_Change = tuple[int, int | None, str | None, UUID | None, str | None, str | None, UUID | None]
"""Position, ordinal, status, the entry it is a duplicate of, why (a code and a sentence), and the reversed entry that
it became; what stays as it is is None."""


class PostgresImportLines:
    def __init__(self, reads: asyncpg.Pool, writes: asyncpg.Pool) -> None:
        self._reads = reads
        self._writes = writes

    async def add(self, merchant_id: str, import_id: UUID, lines: Sequence[ImportLine]) -> None:
        columns = list(zip(*(line[: len(import_sql.LINE_COLUMNS)] for line in lines), strict=True))
        async with naming(self._writes, merchant_id, may_be_lost=True) as connection:
            await connection.execute(import_sql.ADD_LINES, merchant_id, import_id, *columns)
            await connection.execute(import_sql.COUNT_LINES, merchant_id, import_id, lines[-1].position)

    async def compare(self, merchant_id: str, import_id: UUID) -> None:
        whose = merchant_id, import_id
        async with naming(self._reads, merchant_id, is_long=True) as connection:
            async for rows in _slices(connection, import_sql.RECORDED_BEFORE, *whose):
                await self._change(*whose, map(_recorded_before, rows))
        async with naming(self._reads, merchant_id, is_long=True) as connection:
            days, all_named, accounts = await connection.fetchrow(import_sql.OPEN, *whose, timeout=LONG_S)
            await connection.execute(import_sql.BY_HASH)
            async for rows in _slices(connection, import_sql.COMPARED, *whose, days or [], all_named, accounts):
                await self._change(*whose, map(_compared, rows))
        async with naming(self._reads, merchant_id, is_long=True) as connection:
            async for rows in _slices(connection, import_sql.RECORDED_OTHERWISE, *whose):
                await self._change(*whose, map(_recorded_otherwise, rows))

    async def refuse(self, merchant_id: str, import_id: UUID, up_to: date, reason: Reason) -> None:
        async with naming(self._writes, merchant_id, is_long=True) as connection:
            await connection.execute(import_sql.REFUSE, merchant_id, import_id, up_to, *reason, timeout=LONG_S)

    async def page(
        self, merchant_id: str, import_id: UUID, statuses: Sequence[LineStatus], after: int, limit: int
    ) -> Sequence[ImportLine]:
        statement = import_sql.page_of_lines([*statuses])
        return [
            ImportLine(**_line(row)) for row in await self._reads.fetch(statement, merchant_id, import_id, after, limit)
        ]

    async def waiting(self, imported: Import, after: int, limit: int) -> Sequence[WaitingLine]:
        possible = [LineStatus.POSSIBLE_DUPLICATE] if imported.records_possible else []
        for before in range(after, imported.summary.line_count, LOOKED_AT):
            what = before, before + LOOKED_AT, [LineStatus.NEW, *possible], limit
            if rows := await self._reads.fetch(import_sql.WAITING, imported.merchant_id, imported.id, *what):
                return [WaitingLine(*row.values()) for row in rows]
        return []

    async def record(
        self, imported: Import, up_to: int, recorded: Sequence[RecordedLine], refused: Mapping[int, Reason]
    ) -> bool:
        whose = imported.merchant_id, imported.id
        async with naming(self._writes, imported.merchant_id, may_be_lost=True) as connection:
            status = await connection.execute(import_sql.ADVANCE, *whose, imported.recorded_up_to, up_to, len(recorded))
            if status == "UPDATE 0":
                return False
            if recorded:
                columns = zip(*recorded, strict=True)
                await connection.execute(import_sql.ADD_RECORDED, imported.merchant_id, *columns)
            if refused:
                changes = [(position, None, LineStatus.INVALID, None, *why, None) for position, why in refused.items()]
                await connection.execute(import_sql.SET_LINES, *whose, *zip(*changes, strict=True))
        return True

    async def remove(self, merchant_id: str, import_id: UUID) -> None:
        status = ""
        while status != "DELETE 0":
            async with naming(self._writes, merchant_id) as connection:
                status = await connection.execute(import_sql.REMOVE_LINES, merchant_id, import_id, REMOVED_LINES)

    async def _change(self, merchant_id: str, import_id: UUID, changes: Iterable[_Change]) -> None:
        async with naming(self._writes, merchant_id, may_be_lost=True) as connection:
            await connection.execute(import_sql.BY_HASH)
            await connection.execute(import_sql.SET_LINES, merchant_id, import_id, *zip(*changes, strict=True))


async def _slices(
    connection: asyncpg.Connection, statement: str, *arguments: Any
) -> AsyncIterator[Sequence[asyncpg.Record]]:
    cursor = await connection.cursor(statement, *arguments, timeout=LONG_S)
    while rows := await cursor.fetch(SLICE_LINES, timeout=LONG_S):
        yield rows


def _recorded_before(row: asyncpg.Record) -> _Change:
    entry_id = row["duplicate_of"]
    if entry_id is None:
        return row["position"], row["ordinal"], None, None, None, None, None
    if row["is_reversed"]:
        return row["position"], row["ordinal"], LineStatus.POSSIBLE_DUPLICATE, entry_id, *REVERSED, entry_id
    return row["position"], row["ordinal"], LineStatus.DUPLICATE, entry_id, *RECORDED_BEFORE, None


def _recorded_otherwise(row: asyncpg.Record) -> _Change:
    return row["position"], None, LineStatus.POSSIBLE_DUPLICATE, row["entry_id"], *OTHERWISE, None


def _compared(row: asyncpg.Record) -> _Change:
    status = LineStatus(row["status"])
    return row["position"], None, status, row["duplicate_of"], *_REASONS[status], None


def _line(row: asyncpg.Record) -> dict[str, Any]:
    return {**row, "status": LineStatus(row["status"])}
