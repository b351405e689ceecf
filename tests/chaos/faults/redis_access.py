"""The driver's own way to the Redis servers, past all proxies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as AwayError
from redis.exceptions import TimeoutError as LateError
from system import System


@asynccontextmanager
async def server(system: System, name: str) -> AsyncIterator[redis.asyncio.Redis]:
    """Yield a client that outlives a server's restart: another fault may be at work."""
    variable = {"valkey-streams": "FLUXO_STREAMS_URL", "valkey-cache": "FLUXO_CACHE_URL"}[name]
    password = urlsplit(system.environment[variable]).password
    client = redis.asyncio.Redis(
        port=system.port_of(name),
        password=password,
        socket_timeout=20,
        retry=Retry(ConstantBackoff(0.2), 150),
        retry_on_error=[AwayError, LateError, BusyLoadingError, OSError],
    )
    try:
        yield client
    finally:
        await client.aclose()
