from contextlib import nullcontext
from typing import Any, Final
from uuid import UUID

import asyncpg
from fluxo_chassis.resilience import Bulkhead

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.rows import entry_of
from fluxo_entries.application.recording.ports import EntryFilter, Position, RecordedEntry
from fluxo_entries.domain.errors import SearchTooSlowError

SEARCH_TIMEOUT_MS: Final = 700
"""Half of what a request may take, for the search may have waited for its turn."""


class PostgresEntries:
    """Reads entries; `searches` is what bounds how many search at once."""

    def __init__(self, pool: asyncpg.Pool, searches: Bulkhead | None = None) -> None:
        self._pool = pool
        self._searches = searches

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
        if wanted.text:
            statement = sql.search(conditions, f"${len(arguments) + 1}")
            rows = await self._search(merchant_id, statement, [*arguments, wanted.text])
        else:
            rows = await self._pool.fetch(sql.page(conditions), *arguments)
        return [RecordedEntry(entry_of(row), row["reversed_by"]) for row in rows]

    async def _search(self, merchant_id: str, statement: str, arguments: list[Any]) -> list[asyncpg.Record]:
        turn = nullcontext() if self._searches is None else self._searches.slot(merchant_id)
        async with turn, self._pool.acquire() as connection:
            try:
                async with connection.transaction(readonly=True):
                    await connection.execute(sql.within(SEARCH_TIMEOUT_MS))
                    rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
            except (TimeoutError, asyncpg.QueryCanceledError) as error:
                # Within the block, so that the breaker hears of no time-out: a search may take long in good health.
                raise SearchTooSlowError from error
            return rows


def _given(value: object) -> tuple[object, ...]:
    return () if value is None or value == "" else (value,)
