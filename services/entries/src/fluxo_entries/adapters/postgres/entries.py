from typing import Any
from uuid import UUID

import asyncpg

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.rows import entry_of
from fluxo_entries.application.recording.ports import EntryFilter, Position, RecordedEntry
from fluxo_entries.domain.errors import SearchTooSlowError


class PostgresEntries:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def get(self, merchant_id: str, entry_id: UUID) -> RecordedEntry | None:
        row = await self._pool.fetchrow(sql.GET_ENTRY, merchant_id, entry_id)
        return None if row is None else RecordedEntry(entry_of(row), row["reversed_by"])

    async def page(
        self, merchant_id: str, wanted: EntryFilter, after: Position | None, limit: int
    ) -> list[RecordedEntry]:
        given: dict[str, tuple[Any, ...]] = {
            "after": () if after is None else (after.business_date, after.entry_id),
            "from_date": _given(wanted.from_date),
            "to_date": _given(wanted.to_date),
            "direction": _given(wanted.direction and wanted.direction.value),
            "category": _given(wanted.category),
        }
        conditions: list[str] = []
        arguments: list[Any] = [merchant_id, limit]
        for name, values in given.items():
            if values:
                first = len(arguments) + 1
                conditions.append(sql.PAGE_FILTERS[name].format(*(f"${first + n}" for n in range(len(values)))))
                arguments += values
        statement = sql.page(conditions)
        if wanted.text:
            arguments.append(wanted.text)
            statement = sql.search(conditions, f"${len(arguments)}")
        try:
            rows = await self._pool.fetch(statement, *arguments)
        except (TimeoutError, asyncpg.QueryCanceledError) as error:
            if wanted.text:
                raise SearchTooSlowError from error
            raise
        return [RecordedEntry(entry_of(row), row["reversed_by"]) for row in rows]


def _given(value: object) -> tuple[object, ...]:
    return () if value is None or value == "" else (value,)
