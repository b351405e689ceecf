import asyncio
from collections.abc import Callable

import redis.asyncio
from redis.asyncio import SSLConnection

from fluxo_chassis.redis.connection import Pushed, RedisConnection, ignore


async def open_connection(
    url: str, *, timeout_s: float, on_push: Pushed = ignore, on_lost: Callable[[], None] = ignore
) -> RedisConnection:
    """Return a connection that is logged in; the URL is one of redis-py's (`redis://`, `rediss://`, `unix://`).

    Raises:
        OSError: there is no connection. (TimeoutError is one.)
        ResponseError: the server refuses it, or does not know RESP3.
    """
    given = redis.asyncio.ConnectionPool.from_url(url)
    options, loop = given.connection_kwargs, asyncio.get_running_loop()

    def protocol() -> RedisConnection:
        return RedisConnection(timeout_s, on_push, on_lost)

    async with asyncio.timeout(timeout_s):
        if "path" in options:
            _, connection = await loop.create_unix_connection(protocol, options["path"])
        else:
            tls = SSLConnection(**options).ssl_context.get() if given.connection_class is SSLConnection else None
            host, port = options.get("host", "localhost"), options.get("port", 6379)
            _, connection = await loop.create_connection(protocol, host, port, ssl=tls)
    try:
        password = options.get("password")
        login = () if password is None else ("AUTH", options.get("username") or "default", password)
        await connection.ask("HELLO", "3", *login)
        if options.get("db"):
            await connection.ask("SELECT", str(options["db"]))
    except BaseException:
        connection.abort()
        raise
    return connection
