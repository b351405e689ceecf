from datetime import date
from pathlib import Path
from typing import Final

import asyncpg
from fluxo_chassis.postgres.tenants import NAME_TENANTS

from fluxo_entries.adapters.postgres.sql import within

READ_WITHIN_S: Final = 10.0

# $1 merchant, $2 first and $3 last day.
_BEFORE: Final = """
SELECT count(*) FILTER (WHERE business_date >= $2) AS entry_count, coalesce(
    sum(CASE direction WHEN 'credit' THEN amount_minor ELSE -amount_minor END) FILTER (WHERE business_date < $2), 0
) AS opening_minor
FROM own_entries WHERE merchant_id = $1 AND business_date <= $3
"""
_ROWS: Final = """
SELECT business_date, direction, amount_minor, description, coalesce(category, '') FROM own_entries
WHERE merchant_id = $1 AND business_date BETWEEN $2 AND $3 ORDER BY business_date, id
"""


class PostgresCashBooks:
    """The server makes the file's lines itself: what a book costs this process does not grow with its entries."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def copy(self, merchant_id: str, first: date, last: date, entries_max: int, to: Path) -> int | None:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(within(int(READ_WITHIN_S * 1000)))
            await connection.execute(NAME_TENANTS, merchant_id)
            whose, patience_s = (merchant_id, first, last), READ_WITHIN_S + 1
            entry_count, opening_minor = await connection.fetchrow(_BEFORE, *whose, timeout=patience_s)
            if entry_count > entries_max:
                return None
            await connection.copy_from_query(_ROWS, *whose, output=to, format="csv", timeout=patience_s)
            return int(opening_minor)
