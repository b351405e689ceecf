from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import asyncpg
from fluxo_chassis.postgres.tenants import of_tenants

from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.rows import entry_of
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.reconciliation import DaySums

WITHIN_MS: Final = 5_000
"""All that was ever recorded is added up."""

# $2 the first day, $3 the last one. The row without a day is all before.
SUMS: Final = of_tenants(f"""
SELECT CASE WHEN business_date >= $2 THEN business_date END AS day, {sql.SUMS}
FROM own_entries WHERE merchant_id = me.tenants AND business_date <= $3 GROUP BY day
""")  # noqa: S608 - put together from constants of this file only

OF_DAYS: Final = of_tenants(f"""
SELECT {sql.ENTRY} FROM own_entries WHERE merchant_id = me.tenants AND business_date = ANY($2::date[])
ORDER BY business_date, id LIMIT $3
""")  # noqa: S608 - the same


class PostgresBooks:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def sums(self, merchant_id: str, first: date, last: date) -> tuple[int, Mapping[date, DaySums]]:
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute(sql.within(WITHIN_MS))
            rows = await connection.fetch(SUMS, merchant_id, first, last, timeout=WITHIN_MS / 1_000)
        sums = {day: DaySums(int(credits_minor), int(debits_minor)) for day, credits_minor, debits_minor in rows}
        before: DaySums = sums.pop(None, DaySums())
        return before.net_minor, sums

    async def entries_of(self, merchant_id: str, days: Sequence[date], limit: int) -> Sequence[Entry]:
        rows = await self._pool.fetch(OF_DAYS, merchant_id, days, limit)
        return [entry_of(row) for row in rows]
