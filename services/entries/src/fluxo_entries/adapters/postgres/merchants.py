from collections.abc import Callable

import asyncpg
from fluxo_chassis.postgres.tenants import NAME_TENANTS
from uuid_utils.compat import uuid7

from fluxo_entries.adapters.events import merchant_event
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.domain.errors import CurrencyFixedError
from fluxo_entries.domain.merchant import Merchant


class PostgresMerchants:
    """`on_saved` is called with the merchant whose settings were just stored."""

    def __init__(self, pool: asyncpg.Pool, on_saved: Callable[[str], object] = lambda _merchant_id: None) -> None:
        self._pool = pool
        self._on_saved = on_saved

    async def get(self, merchant_id: str) -> Merchant:
        row = await self._pool.fetchrow(sql.GET_MERCHANT, merchant_id)
        return Merchant(merchant_id, name=merchant_id) if row is None else Merchant(**row)

    async def save(self, merchant: Merchant, traceparent: str | None = None) -> None:
        given = (merchant.merchant_id, merchant.name, merchant.currency, merchant.time_zone)
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql.WILL_ANNOUNCE)
                await connection.execute(NAME_TENANTS, merchant.merchant_id)
                changed_at = await connection.fetchval(sql.SAVE_MERCHANT, *given)
                event = merchant_event(merchant, uuid7(), changed_at, traceparent)
                await connection.execute(sql.ANNOUNCE, [event])
        except asyncpg.ForeignKeyViolationError as error:
            raise CurrencyFixedError((await self.get(merchant.merchant_id)).currency) from error
        self._on_saved(merchant.merchant_id)
