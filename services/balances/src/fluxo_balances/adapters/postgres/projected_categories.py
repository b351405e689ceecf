from collections.abc import AsyncIterator
from datetime import date

import asyncpg

from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.adapters.postgres.projected_days import ROWS_AT_A_TIME
from fluxo_balances.application.reading.ports import ProjectedCategory
from fluxo_balances.domain.daily_balance import Totals


class PostgresProjectedCategories:
    """Reads through a cursor, in the transaction that the connection is in."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def projected_categories(
        self, merchant_id: str | None, to_date: date | None
    ) -> AsyncIterator[ProjectedCategory]:
        rows = self._connection.cursor(read_sql.PROJECTED_CATEGORIES, merchant_id, to_date, prefetch=ROWS_AT_A_TIME)
        async for row in rows:
            totals = Totals(int(row["credits_minor"]), int(row["debits_minor"]), row["entry_count"])
            yield ProjectedCategory(row["merchant_id"], row["month"], row["category"], totals)
