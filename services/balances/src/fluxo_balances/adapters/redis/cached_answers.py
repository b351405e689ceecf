import asyncio
from typing import Final

import redis.asyncio
from fluxo_chassis.resilience import Backoff
from redis.exceptions import RedisError

from fluxo_balances.application.ports import CacheUnavailableError

TRIES: Final = 6
KEYS_AT_A_TIME: Final = 1_000
_LEASES: Final = "balances:*"
"""Without its lease an answer is void, and expires within the hour."""


class RedisCachedAnswers:
    """The balance cache seen as a whole."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def remove_all(self) -> None:
        """Remove all merchants' leases, and so answers, that stand when this begins; asks for some seconds.

        Raises:
            CacheUnavailableError: it could not be done.
        """
        backoff = Backoff(0.2, 2.0)
        for _ in range(TRIES - 1):
            try:
                return await self._unlink_all()
            except (RedisError, OSError):
                await asyncio.sleep(backoff.next())
        try:
            return await self._unlink_all()
        except (RedisError, OSError) as error:
            raise CacheUnavailableError from error

    async def _unlink_all(self) -> None:
        # A scan returns every key that is there from its beginning to its end; what is filled meanwhile is new.
        cursor = -1
        while cursor:
            cursor, keys = await self._client.scan(max(cursor, 0), match=_LEASES, count=KEYS_AT_A_TIME)
            if keys:
                await self._client.unlink(*keys)
