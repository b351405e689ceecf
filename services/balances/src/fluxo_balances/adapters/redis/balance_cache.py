import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, cast

import redis.asyncio
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen
from redis.exceptions import RedisError

from fluxo_balances.adapters.redis import cache_scripts
from fluxo_balances.application.ports import CacheUnavailableError

LIFETIME_S: Final = 3_600
"""No answer is older, whatever was missed."""

LEASE_MS: Final = 5_000
"""Longer than a read of the database may take; after that another reader may fill."""

FIELDS_MAX: Final = 500
"""Answers and leases of one merchant: one that asks for every range there is must not crowd out the others."""

_PREFIX: Final = "balances:"
_AWAY: Final = (RedisError, OSError, CircuitOpen)


class RedisBalanceCache:
    """One hash for each merchant holds all its answers and leases, so that one command removes them together.

    Every applied entry changes `as_of` in all of the merchant's answers: there is nothing to keep. The hash expires
    LIFETIME_S after it came into being; leases expire by the server's clock. A circuit breaker stops asking a cache
    that keeps failing; readers then go on as if it were empty.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self.breaker = CircuitBreaker("balance-cache")
        self._take_lease = client.register_script(cache_scripts.LEASE)
        self._store_if_leased = client.register_script(cache_scripts.STORE)

    async def get(self, merchant_id: str, key: str) -> bytes | None:
        with suppress(*_AWAY):
            async with self.breaker:
                # The stubs allow for a client that decodes; this one answers bytes.
                return cast("bytes | None", await self._client.hget(key_of(merchant_id), key))
        return None

    async def lease(self, merchant_id: str, key: str) -> str | None:
        token = secrets.token_hex(8)
        with suppress(*_AWAY):
            async with self.breaker:
                taken = await self._take_lease([key_of(merchant_id)], [key, token, LEASE_MS, FIELDS_MAX, LIFETIME_S])
                return token if taken else None
        return None

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: str) -> None:
        with suppress(*_AWAY):
            async with self.breaker:
                await self._store_if_leased([key_of(merchant_id)], [key, lease, answer])

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove every answer and every lease of the merchants.

        Raises:
            CacheUnavailableError: it could not be done.
        """
        if not merchant_ids:
            return
        try:
            await self._client.unlink(*map(key_of, merchant_ids))
        except (RedisError, OSError) as error:
            raise CacheUnavailableError from error


def key_of(merchant_id: str) -> str:
    """Return the key of the merchant's hash."""
    return f"{_PREFIX}{merchant_id}"


def merchant_of(key: bytes) -> str:
    """Return whose hash it is."""
    return key.decode(errors="replace").removeprefix(_PREFIX)
