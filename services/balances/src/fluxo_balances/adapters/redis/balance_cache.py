import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from fluxo_chassis.redis import Command, RedisClient, RedisError
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen

from fluxo_balances.adapters.redis import scripts
from fluxo_balances.application.ports import CacheUnavailableError

LIFETIME_S: Final = 3_600
"""No lease, and so no answer, is older, whatever was missed."""

FIELDS_MAX: Final = 500
"""Answers of one merchant, and one for their lease: who asks for every range there is must not crowd out the others."""

_PREFIX: Final = "balances:"
_UNAVAILABLE: Final = (RedisError, CircuitOpen)


class Lookup(NamedTuple):
    """What the cache holds for a reader: the stored answer, and the lease that stands; neither when it is down."""

    answer: bytes | None = None
    lease: bytes | None = None


class RedisBalanceCache:
    """One key for each merchant is the lease for all of their answers; an update removes it, and voids them all.

    Every applied entry changes `as_of` in all of the merchant's answers: there is nothing to keep. A circuit breaker
    stops asking a cache that keeps failing; readers then go on as if it were empty.
    """

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self.breaker = CircuitBreaker("balance-cache")

    async def look_up(self, merchant_id: str, key: str) -> Lookup:
        with suppress(*_UNAVAILABLE):
            async with self.breaker:
                return found(await self._redis.execute(*look_up_command(merchant_id, key)))
        return Lookup()

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: bytes) -> None:
        with suppress(*_UNAVAILABLE):
            async with self.breaker:
                await self._redis.execute(*store_command(merchant_id, key, answer, lease))

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove every merchant's lease, and so every answer.

        Raises:
            CacheUnavailableError: it could not be done.
        """
        if not merchant_ids:
            return
        try:
            await self._redis.unlink(*map(key_of, merchant_ids))
        except RedisError as error:
            raise CacheUnavailableError from error


def key_of(merchant_id: str) -> str:
    """Return the key of the merchant's lease."""
    return f"{_PREFIX}{merchant_id}"


def keys_of(merchant_id: str) -> tuple[str, str]:
    """Return the keys of the merchant's lease and of their answers; a cluster has both in one slot."""
    key = key_of(merchant_id)
    return key, f"{{{key}}}:answers"


def merchant_of(key: bytes) -> str:
    """Return whose lease it is."""
    return key.decode(errors="replace").removeprefix(_PREFIX)


def look_up_command(merchant_id: str, key: str) -> Command:
    return ("EVAL", scripts.LOOK_UP, 2, *keys_of(merchant_id), key, secrets.token_hex(8), LIFETIME_S)


def found(reply: Any) -> Lookup:
    """Return what a look-up's reply says."""
    lease, answer = reply
    return Lookup(answer, lease)


def store_command(merchant_id: str, key: str, answer: bytes, lease: bytes) -> Command:
    return ("EVAL", scripts.STORE, 2, *keys_of(merchant_id), key, lease, answer, FIELDS_MAX, LIFETIME_S)
