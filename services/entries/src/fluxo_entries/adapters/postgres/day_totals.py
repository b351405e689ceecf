from collections.abc import AsyncIterator
from datetime import date
from typing import Final

import asyncpg

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.application.totals.ports import CutOff, DayTotals

ROWS_PER_FETCH: Final = 1_000
PATIENCE_S: Final = 86_400.0
"""Ten million entries take some seconds, and who asks would rather wait. (To the client no time-out means its own.)"""


class PostgresDayTotals:
    """Reads through a cursor: any number of days, a few at a time in memory."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def day_totals(
        self, merchant_id: str | None, from_date: date | None, to_date: date | None, cut_off: CutOff | None = None
    ) -> AsyncIterator[DayTotals]:
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute(sql.WITHOUT_TIMEOUT)
            statement = await connection.prepare(sql.DAY_TOTALS)
            later = (None, None) if cut_off is None else (cut_off.since, cut_off.applied)
            async for row in statement.cursor(
                merchant_id, from_date, to_date, *later, prefetch=ROWS_PER_FETCH, timeout=PATIENCE_S
            ):
                merchant_id, day, credits_minor, debits_minor, entry_count, currency = row
                yield DayTotals(merchant_id, day, int(credits_minor), int(debits_minor), entry_count, currency)
