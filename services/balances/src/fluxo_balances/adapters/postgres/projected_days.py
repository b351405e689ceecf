from collections.abc import AsyncIterator
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from fluxo_balances.adapters.postgres import read_sql
from fluxo_balances.application.reading.ports import CutOffHeard, ProjectedDay
from fluxo_balances.domain.daily_balance import Totals

ROWS_AT_A_TIME: Final = 1_000


class PostgresProjectedDays:
    """Every day of the read model, through a cursor: memory stays flat however many there are."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def projected_days(
        self,
        merchant_id: str | None,
        from_date: date | None,
        to_date: date | None,
        since: UUID | None = None,
        hear: CutOffHeard = lambda _since, _applied: None,
    ) -> AsyncIterator[ProjectedDay]:
        """Yield the days that have totals, by merchant and date, from one snapshot."""
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            if since is not None:
                applied = await self._connection.fetch(read_sql.APPLIED_SINCE, merchant_id, since)
                hear(since, [row["event_id"] for row in applied])
            rows = self._connection.cursor(
                read_sql.PROJECTED_DAYS, merchant_id, from_date, to_date, prefetch=ROWS_AT_A_TIME
            )
            async for row in rows:
                totals = Totals(int(row["credits_minor"]), int(row["debits_minor"]), row["entry_count"])
                opening_minor = int(row["opening_minor"])
                yield ProjectedDay(
                    merchant_id=row["merchant_id"],
                    business_date=row["business_date"],
                    totals=totals,
                    opening_minor=opening_minor,
                    closing_minor=opening_minor + totals.net_minor,
                )
