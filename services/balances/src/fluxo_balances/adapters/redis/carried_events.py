from typing import Final

import redis.asyncio
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM, ENTRIES_STREAM

KEYS_AT_A_TIME: Final = 1_000


class RedisCarriedEvents:
    """The streams server seen as a whole: the stream, its dead letters, and the notes about those."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def remove_all(self) -> None:
        """Remove what Fluxo keeps there, and nothing else. The relay publishes again what the outbox still has."""
        await self._client.unlink(ENTRIES_STREAM, ENTRIES_DEAD_LETTERS_STREAM)
        async for key in self._client.scan_iter(f"{{{ENTRIES_DEAD_LETTERS_STREAM}}}:*", count=KEYS_AT_A_TIME):
            await self._client.unlink(key)
