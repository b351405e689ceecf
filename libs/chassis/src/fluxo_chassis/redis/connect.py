import asyncio
from collections.abc import Callable
from typing import Final

from fluxo_chassis.redis.address import Address
from fluxo_chassis.redis.connection import Pushed, RedisConnection, ignore
from fluxo_chassis.redis.errors import RedisUnavailableError

CONNECT_TIMEOUT_S: Final = 1.0


async def open_connection(
    address: Address, *, timeout_s: float, on_push: Pushed = ignore, on_lost: Callable[[], None] = ignore
) -> RedisConnection:
    """Return a connection that is logged in, within CONNECT_TIMEOUT_S or `timeout_s`, whichever is shorter.

    Raises:
        RedisUnavailableError: there is none.
        RedisReplyError: the server refuses it, or does not know RESP3.
    """
    loop = asyncio.get_running_loop()

    def protocol() -> RedisConnection:
        return RedisConnection(timeout_s, on_push, on_lost)

    login = () if address.password is None else ("AUTH", address.username, address.password)
    try:
        async with asyncio.timeout(min(CONNECT_TIMEOUT_S, timeout_s)):
            if address.path is None:
                _, connection = await loop.create_connection(protocol, address.host, address.port, ssl=address.tls())
            else:
                _, connection = await loop.create_unix_connection(protocol, address.path)
            try:
                await connection.execute("HELLO", 3, *login)
                if address.database:
                    await connection.execute("SELECT", address.database)
            except BaseException:
                connection.abort()
                raise
            return connection
    except OSError as error:
        raise RedisUnavailableError(str(error) or "no connection was made in time") from error
