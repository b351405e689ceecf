import asyncio
from typing import Final

from fluxo_chassis.redis import RedisClient, RedisConnection, RedisError
from fluxo_chassis.resilience import Backoff

from fluxo_balances.application.ports import CacheUnavailableError

TRIES: Final = 6
_LEASES: Final = "balances:*"
"""Without its lease an answer is void, and expires within the hour."""


class RedisCachedAnswers:
    """The balance cache seen as a whole."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._removed_by: RedisConnection | None = None

    async def remove_all_if_moved(self) -> None:
        """Remove all when the connection is another one than before: it may lead to another server.

        Raises:
            CacheUnavailableError: it could not be done, and is still to be.
        """
        try:
            connection = await self._redis.connected()
        except RedisError as error:
            raise CacheUnavailableError from error
        if connection is not self._removed_by:
            await self.remove_all()
            self._removed_by = connection

    async def remove_all(self) -> None:
        """Remove all merchants' leases, and so answers, that stand when this begins; asks for some seconds.

        Raises:
            CacheUnavailableError: it could not be done.
        """
        backoff = Backoff(0.2, 2.0)
        for tries_left in reversed(range(TRIES)):
            try:
                # What is filled while this scans is new.
                async for keys in self._redis.scan(_LEASES):
                    await self._redis.unlink(*keys)
            except RedisError as error:
                if not tries_left:
                    raise CacheUnavailableError from error
                await asyncio.sleep(backoff.next())
            else:
                return
