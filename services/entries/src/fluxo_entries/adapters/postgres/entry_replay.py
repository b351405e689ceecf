from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from fluxo_contracts.replay import REPLAY_COLUMNS

from fluxo_entries.application.totals.ports import BesideEntries, KeptApiKey, MerchantSettings

COUNT: Final = "SELECT count(*) FROM entries"
SETTINGS: Final = """
SELECT merchant_id, currency, coalesce(changed_at, 'epoch') AS changed_at FROM merchants
WHERE NOT EXISTS (SELECT FROM entries WHERE entries.merchant_id = merchants.merchant_id)
"""
API_KEYS: Final = "SELECT id, merchant_id, hash, scopes, expires_at, revoked_at IS NOT NULL AS revoked FROM api_keys"
REPLAY: Final = f"SELECT {', '.join(REPLAY_COLUMNS)} FROM entries"  # noqa: S608 - names from a constant


class PostgresEntryReplay:
    """The server sends and writes the lines itself: any number of entries, a few at a time in memory.

    The connection must write dates in ISO form and instants in UTC.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def replay(self, begin: Callable[[BesideEntries], None], write: Callable[[bytes], Awaitable[None]]) -> None:
        """Hand over all entries of one snapshot, after their number and what there is beside them."""
        # It writes nothing, so it has no transaction id and does not hold the outbox back.
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            settings = [MerchantSettings(**row) for row in await self._connection.fetch(SETTINGS)]
            api_keys = [KeptApiKey(**row) for row in await self._connection.fetch(API_KEYS)]
            begin(BesideEntries(await self._connection.fetchval(COUNT), settings, api_keys))
            await self._connection.copy_from_query(REPLAY, output=write)
