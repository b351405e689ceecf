"""The process that a restore runs: what Redis holds may tell of entries that the restored databases do not have."""

from contextlib import AsyncExitStack
from typing import Final

from fluxo_chassis.redis import RedisClient, RedisError

from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.adapters.redis.carried_events import RedisCarriedEvents
from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_balances.settings import RedisSettings

CACHE_TIMEOUT_S: Final = 2.0


async def empty_redis(settings: RedisSettings) -> None:
    """Remove events, dead letters and cached answers. For when no process of Fluxo runs.

    Raises:
        SystemExit: a server is unavailable, with a sentence that says which.
    """
    async with AsyncExitStack() as opened:
        streams = await opened.enter_async_context(RedisClient(settings.streams_url))
        cache = await opened.enter_async_context(RedisClient(settings.cache_url, timeout_s=CACHE_TIMEOUT_S))
        try:
            # Answers first: while the cache is unavailable nothing has been touched.
            await RedisCachedAnswers(cache).remove_all()
            await RedisCarriedEvents(streams).remove_all()
        except CacheUnavailableError as error:
            raise SystemExit("The cache cannot be reached.") from error
        except RedisError as error:
            raise SystemExit(f"The streams server cannot be reached: {error}") from error
