from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from fluxo_chassis.postgres.tenants import NAME_TENANTS
from uuid_utils.compat import uuid7

from fluxo_entries.adapters.events import api_key_event
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.domain.api_key import LIVE_KEYS_MAX, ApiKey
from fluxo_entries.domain.errors import ApiKeyNameTakenError, ApiKeyNotFoundError, TooManyApiKeysError

_COLUMNS: Final = ("id", "merchant_id", "name", "scopes", "created_at", "expires_at", "last_used_at")


class PostgresApiKeys:
    """Stores the hashes of keys, and with each change the event that tells of it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, api_key: ApiKey, key_hash: bytes, traceparent: str | None = None) -> None:
        event = api_key_event(api_key, key_hash, uuid7(), api_key.created_at, traceparent, revoked=False)
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql.WILL_ANNOUNCE)
                await connection.execute(NAME_TENANTS, api_key.merchant_id)
                await connection.execute(sql.LOCK_API_KEYS, api_key.merchant_id)
                if await connection.fetchval(sql.COUNT_API_KEYS, api_key.merchant_id) >= LIVE_KEYS_MAX:
                    raise TooManyApiKeysError
                await connection.execute(
                    sql.ADD_API_KEY,
                    api_key.id,
                    api_key.merchant_id,
                    api_key.name,
                    key_hash,
                    api_key.scopes,
                    api_key.created_at,
                    api_key.expires_at,
                )
                await connection.execute(sql.ANNOUNCE, [event])
        except asyncpg.UniqueViolationError as error:
            raise ApiKeyNameTakenError from error

    async def live(self, merchant_id: str) -> Sequence[ApiKey]:
        return [_api_key(row) for row in await self._pool.fetch(sql.LIVE_API_KEYS, merchant_id)]

    async def revoke(self, merchant_id: str, key_id: UUID, now: datetime, traceparent: str | None = None) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.WILL_ANNOUNCE)
            await connection.execute(NAME_TENANTS, merchant_id)
            row = await connection.fetchrow(sql.REVOKE_API_KEY, merchant_id, key_id, now)
            if row is not None:
                event = api_key_event(_api_key(row), row["hash"], uuid7(), now, traceparent, revoked=True)
                await connection.execute(sql.ANNOUNCE, [event])
            elif not await connection.fetchval(sql.HAS_API_KEY, merchant_id, key_id):
                raise ApiKeyNotFoundError


def _api_key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(**{column: row[column] for column in _COLUMNS} | {"scopes": tuple(row["scopes"])})
