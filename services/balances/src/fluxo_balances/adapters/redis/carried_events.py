from fluxo_chassis.redis import RedisClient
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM, ENTRIES_STREAM


class RedisCarriedEvents:
    """The streams server seen as a whole: the stream, its dead letters, and the notes about those."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def remove_all(self) -> None:
        """Remove what Fluxo keeps there, and nothing else. The relay publishes again what the outbox still has."""
        await self._redis.unlink(ENTRIES_STREAM, ENTRIES_DEAD_LETTERS_STREAM)
        async for keys in self._redis.scan(f"{{{ENTRIES_DEAD_LETTERS_STREAM}}}:*"):
            await self._redis.unlink(*keys)
