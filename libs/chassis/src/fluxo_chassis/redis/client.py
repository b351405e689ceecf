import time

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from fluxo_chassis.health import Observation
from fluxo_chassis.resilience import recognises_unavailable

CONNECT_TIMEOUT_S = 1.0


def connect(url: str, *, timeout_s: float = 10) -> redis.asyncio.Redis:
    """A client that connects when first used and answers bytes.

    It never tries again by itself: a command sent twice after a lost reply would be carried out twice, so its caller
    decides. `timeout_s` must be longer than the longest BLOCK.
    """
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=min(CONNECT_TIMEOUT_S, timeout_s),
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )
    return client


async def ping_redis(client: redis.asyncio.Redis) -> Observation:
    """How long a PING takes."""
    started = time.perf_counter()
    await client.ping()
    return Observation("pass", round((time.perf_counter() - started) * 1000, 3), "ms")


@recognises_unavailable
def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the server cannot be reached now, rather than that the command is wrong."""
    return isinstance(error, redis.exceptions.ConnectionError | redis.exceptions.TimeoutError)
