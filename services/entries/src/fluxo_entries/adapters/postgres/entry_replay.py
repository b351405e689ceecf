from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from fluxo_contracts.replay import REPLAY_COLUMNS

COUNT: Final = "SELECT count(*) FROM entries"
REPLAY: Final = f"SELECT {', '.join(REPLAY_COLUMNS)} FROM entries"  # noqa: S608 - names from a constant


class PostgresEntryReplay:
    """The server sends and writes the lines itself: any number of entries, a few at a time in memory.

    The connection must write dates in ISO form and instants in UTC.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def replay(self, begin: Callable[[int], None], write: Callable[[bytes], Awaitable[None]]) -> None:
        """Hand over all entries of one snapshot, after their number."""
        # It writes nothing, so it has no transaction id and does not hold the outbox back.
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            begin(await self._connection.fetchval(COUNT))
            await self._connection.copy_from_query(REPLAY, output=write)
