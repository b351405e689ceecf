import asyncio
import io
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid4

import asyncpg
from fluxo_chassis.resilience import Backoff

from fluxo_balances.adapters.postgres import rebuild_sql
from fluxo_balances.adapters.postgres.projection import api_key_columns, settings_columns
from fluxo_balances.adapters.postgres.write_failures import is_refusal, reason
from fluxo_balances.application.rebuilding.ports import AnotherRebuildRunsError, RebuildSupersededError, ReplayPart
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.merchant_settings import MerchantSettings


class PostgresShadowTables:
    """On one session of the tables' owner: while it lives it holds the lock by which a rebuild is known to be alive."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def prepare(self) -> UUID:
        """Make empty shadow tables, and return the rebuild id that stands by now.

        Raises:
            AnotherRebuildRunsError: nothing was changed.
        """
        await self._take_lock()
        await self._connection.execute(rebuild_sql.REPLAYED)
        rebuild_id = uuid4()
        # A projector may still be writing to tables that were left behind. They go before the new rebuild id is
        # seen, so whatever it wrote was read from the stream before that.
        async with self._connection.transaction():
            await self._connection.execute(rebuild_sql.DELETE_REBUILD)
            await self._connection.execute(rebuild_sql.DROP_SHADOWS)
            await self._connection.execute(rebuild_sql.CREATE_SHADOWS)
            await self._connection.execute(rebuild_sql.INSERT_REBUILD, rebuild_id)
        return rebuild_id

    async def load(self, part: ReplayPart, oldest_remembered: UUID) -> Mapping[str, str]:
        """Apply the entries that the shadow inbox does not hold; return the merchants whose are refused, and why."""
        try:
            return await self._load(part, oldest_remembered)
        except asyncpg.DeadlockDetectedError:
            return await self._load(part, oldest_remembered)

    async def load_settings(self, settings: Sequence[MerchantSettings]) -> None:
        """Keep those that are later than what a projector told of their merchant meanwhile."""
        await self._connection.execute(rebuild_sql.LOAD_SETTINGS, *settings_columns(settings))

    async def load_api_keys(self, api_keys: Sequence[ApiKey]) -> None:
        """Keep them beside those that a projector told of meanwhile."""
        await self._connection.execute(rebuild_sql.LOAD_API_KEYS, *api_key_columns(api_keys))
        await self._connection.execute(rebuild_sql.KEEP_API_KEY_USES)

    async def swap(self, rebuild_id: UUID, keeping: Collection[str] = ()) -> None:
        """Let the shadow tables be the read model, but for the merchants to keep, and remove the rebuild id.

        The locks cannot be had while somebody reads for long (`totals`), and those who come after would have to
        wait behind: each attempt is short, and there are as many as it takes.

        Raises:
            RebuildSupersededError: the rebuild id does not stand any more; nothing was changed.
        """
        await self._connection.execute(rebuild_sql.ANALYZE)
        backoff = Backoff(0.2, 2.0)
        is_swapped = await self._try_swap(rebuild_id, keeping)
        while not is_swapped:
            await asyncio.sleep(backoff.next())
            is_swapped = await self._try_swap(rebuild_id, keeping)

    async def discard(self) -> None:
        """Remove shadow tables and rebuild id."""
        async with self._connection.transaction():
            await self._connection.execute(rebuild_sql.DELETE_REBUILD)
            await self._connection.execute(rebuild_sql.DROP_SHADOWS)

    async def _take_lock(self) -> None:
        await self._connection.execute(rebuild_sql.LOCK_PATIENCE)
        try:
            await self._connection.execute(rebuild_sql.LOCK)
        except asyncpg.LockNotAvailableError as error:
            raise AnotherRebuildRunsError from error
        await self._connection.execute(rebuild_sql.NO_PATIENCE)

    async def _load(self, part: ReplayPart, oldest_remembered: UUID) -> Mapping[str, str]:
        # The end of the transaction empties the table that the lines are copied into.
        async with self._connection.transaction():
            await self._connection.copy_to_table(rebuild_sql.REPLAYED_TABLE, source=io.BytesIO(part.lines))
            try:
                async with self._connection.transaction():
                    await self._connection.execute(rebuild_sql.LOAD, oldest_remembered, None)
            except asyncpg.PostgresError as error:
                if not is_refusal(error):
                    raise
                return await self._load_each_merchant(oldest_remembered)
            return {}

    async def _load_each_merchant(self, oldest_remembered: UUID) -> Mapping[str, str]:
        refused: dict[str, str] = {}
        for row in await self._connection.fetch(rebuild_sql.REPLAYED_MERCHANTS):
            merchant_id = row["merchant_id"]
            try:
                async with self._connection.transaction():
                    await self._connection.execute(rebuild_sql.LOAD, oldest_remembered, merchant_id)
            except asyncpg.PostgresError as error:
                if not is_refusal(error):
                    raise
                refused[merchant_id] = reason(error)
        return refused

    async def _try_swap(self, rebuild_id: UUID, keeping: Collection[str]) -> bool:
        try:
            async with self._connection.transaction():
                await self._connection.execute(f"SET LOCAL statement_timeout = {rebuild_sql.LOCK_WAIT_MAX_MS}")
                await self._connection.execute(rebuild_sql.LOCK_ALL)
                await self._connection.execute("SET LOCAL statement_timeout = 0")
                if not await self._connection.fetchval(rebuild_sql.TAKE_REBUILD, rebuild_id):
                    raise RebuildSupersededError
                for statement in rebuild_sql.KEEP if keeping else ():
                    await self._connection.execute(statement, list(keeping))
                await self._connection.execute(rebuild_sql.SWAP)
        except asyncpg.QueryCanceledError:
            return False
        return True
