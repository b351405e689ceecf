import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from fluxo_chassis.resilience import Backoff

from fluxo_balances.adapters.postgres import projection_sql
from fluxo_balances.adapters.postgres.write_failures import (
    is_refusal,
    reason,
    unavailable_when_no_entry_is_to_blame,
)
from fluxo_balances.application.projecting.ports import EntryRefusedError, RecordedEntry
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.inbox import lowest_id
from fluxo_balances.domain.merchant_settings import MerchantSettings

CONFLICT_TRIES: Final = 5
"""A deadlock or a serialisation failure is tried again at once, so often."""

PURGE_CHUNK: Final = 5_000


class PostgresProjection:
    """Writes the read model, one statement a batch (`projection_sql.APPLY`)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def apply(self, entries: Sequence[RecordedEntry]) -> int:
        """Apply those entries that the inbox does not hold yet; returns how many were new.

        Raises:
            EntryRefusedError: an entry breaks a rule of the read model; nothing was applied.
            ReadModelUnavailableError: the database cannot do it now; whether anything was applied is unknown, and
                applying again is safe.
        """
        distinct = tuple({entry.id: entry for entry in entries}.values())
        with unavailable_when_no_entry_is_to_blame():
            try:
                return await self._apply_whole(distinct)
            except Exception as error:
                if not is_refusal(error):
                    raise
            return await self._apply_one_by_one(distinct)

    async def confirm(self, entry_ids: Collection[UUID]) -> bool:
        """Wait until the database keeps all that was applied, and return whether it holds all of these.

        Raises:
            ReadModelUnavailableError: the database cannot tell now; asking again is safe.
        """
        with unavailable_when_no_entry_is_to_blame():
            held: int = await self._pool.fetchval(projection_sql.CONFIRM, entry_ids)
        return held == len(entry_ids)

    async def apply_settings(self, settings: Sequence[MerchantSettings]) -> int:
        """Keep those that are later than what is known of their merchant; returns how many.

        Raises:
            ReadModelUnavailableError: the database cannot do it now; applying again is safe.
        """
        return await self._keep(
            projection_sql.APPLY_SETTINGS, projection_sql.APPLY_SETTINGS_TO_SHADOW, settings_columns(settings)
        )

    async def apply_api_keys(self, api_keys: Sequence[ApiKey]) -> int:
        """Keep those that are new, and that others are revoked; returns how many.

        Raises:
            ReadModelUnavailableError: the database cannot do it now; applying again is safe.
        """
        return await self._keep(
            projection_sql.APPLY_API_KEYS, projection_sql.APPLY_API_KEYS_TO_SHADOW, api_key_columns(api_keys)
        )

    async def purge_inbox(self, older_than: datetime) -> int:
        """Forget event ids made before the instant, a chunk at a time; returns how many."""
        oldest_kept = lowest_id(older_than)
        purged = 0
        with unavailable_when_no_entry_is_to_blame():
            while chunk := await self._purge_chunk(oldest_kept):
                purged += chunk
        return purged

    async def _keep(self, statement: str, to_shadow: str, columns: Sequence[Sequence[object]]) -> int:
        with unavailable_when_no_entry_is_to_blame():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(projection_sql.FORGET_ENDED_REBUILD)
                status: str = await connection.execute(statement, *columns)
                # Looked for after the write, whose lock keeps a rebuild from its end: one that begins later replays
                # what is applied here.
                if await connection.fetchval(projection_sql.IS_REBUILDING):
                    await connection.execute(to_shadow, *columns)
        return int(status.rpartition(" ")[2])

    async def _apply_whole(self, entries: Sequence[RecordedEntry]) -> int:
        columns = _columns(entries)
        backoff = Backoff(0.005, 0.1, jitter=0.5)
        for _ in range(CONFLICT_TRIES - 1):
            try:
                return await self._apply(columns)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(backoff.next())
        return await self._apply(columns)

    async def _apply(self, columns: Sequence[Sequence[object]]) -> int:
        async with self._pool.acquire() as connection:
            return await _apply(connection, columns)

    async def _apply_one_by_one(self, entries: Sequence[RecordedEntry]) -> int:
        """Find the entry for which the whole was refused: the first that cannot follow those before it."""
        async with self._pool.acquire() as connection, connection.transaction():
            applied = 0
            for entry in entries:
                try:
                    applied += await _apply(connection, _columns([entry]))
                except Exception as error:
                    if is_refusal(error):
                        raise EntryRefusedError(entry.id, reason(error)) from error
                    raise
            return applied

    async def _purge_chunk(self, oldest_kept: UUID) -> int:
        status: str = await self._pool.execute(projection_sql.PURGE_INBOX, oldest_kept, PURGE_CHUNK)
        return int(status.removeprefix("DELETE "))


async def _apply(connection: asyncpg.Connection, columns: Sequence[Sequence[object]]) -> int:
    applied: int | None = await connection.fetchval(projection_sql.APPLY, *columns, False)
    return await _apply_while_rebuilding(connection, columns) if applied is None else applied


async def _apply_while_rebuilding(connection: asyncpg.Connection, columns: Sequence[Sequence[object]]) -> int:
    """Apply to the tables that are read and to those that will replace them (`rebuild_projection.py` tells why).

    A rebuild that ends meanwhile takes the shadow tables away; the error then counts as "not now", and the next try
    finds no rebuild.
    """
    async with connection.transaction():
        await connection.execute(projection_sql.FORGET_ENDED_REBUILD)
        applied: int | None = await connection.fetchval(projection_sql.APPLY, *columns, False)
        if applied is None:
            applied = int(await connection.fetchval(projection_sql.APPLY, *columns, True))
            await connection.execute(projection_sql.APPLY_TO_SHADOW, *columns)
        return applied


def settings_columns(settings: Sequence[MerchantSettings]) -> tuple[list[object], ...]:
    """Turn settings into the arrays that `projection_sql.applying_settings` takes: the latest of each merchant."""
    latest = {each.merchant_id: each for each in sorted(settings, key=lambda each: each.changed_at)}.values()
    return (
        [each.merchant_id for each in latest],
        [each.currency for each in latest],
        [each.changed_at for each in latest],
    )


def api_key_columns(api_keys: Sequence[ApiKey]) -> tuple[list[object], ...]:
    """Turn keys into the arrays that `projection_sql.applying_api_keys` takes: of each the one that is revoked."""
    distinct = {each.id: each for each in sorted(api_keys, key=lambda each: each.revoked)}.values()
    return (
        [each.id for each in distinct],
        [each.merchant_id for each in distinct],
        [each.hash for each in distinct],
        [" ".join(each.scopes) for each in distinct],
        [each.expires_at for each in distinct],
        [each.revoked for each in distinct],
    )


def _columns(entries: Sequence[RecordedEntry]) -> tuple[list[object], ...]:
    """Turn entries into the arrays that `projection_sql.APPLY` takes: their fields in order."""
    return tuple(map(list, zip(*entries, strict=True))) or ([],) * len(RecordedEntry._fields)
