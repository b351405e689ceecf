from collections.abc import AsyncIterator
from datetime import date

import asyncpg

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.day_totals import PATIENCE_S, ROWS_PER_FETCH
from fluxo_entries.application.totals.ports import CategoryTotals, CutOff


class PostgresCategoryTotals:
    """Reads through a cursor, as `PostgresDayTotals` does."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def category_totals(
        self, merchant_id: str | None, to_date: date | None, cut_off: CutOff | None = None
    ) -> AsyncIterator[CategoryTotals]:
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute(sql.WITHOUT_TIMEOUT)
            statement = await connection.prepare(sql.CATEGORY_TOTALS)
            later = (None, None) if cut_off is None else (cut_off.since, cut_off.applied)
            async for row in statement.cursor(
                merchant_id, to_date, *later, prefetch=ROWS_PER_FETCH, timeout=PATIENCE_S
            ):
                merchant_id, month, category, credits_minor, debits_minor, entry_count, currency = row
                yield CategoryTotals(
                    merchant_id, month, category, int(credits_minor), int(debits_minor), entry_count, currency
                )
