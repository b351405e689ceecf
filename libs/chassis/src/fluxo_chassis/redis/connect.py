import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from fluxo_chassis.redis.address import Address
from fluxo_chassis.redis.connection import Pushed, RedisConnection, ignore
from fluxo_chassis.redis.errors import RedisError, RedisUnavailableError

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
    is_watched = bool(address.sentinels)

    def protocol() -> RedisConnection:
        return RedisConnection(timeout_s, on_push, on_lost)

    try:
        async with asyncio.timeout(min(CONNECT_TIMEOUT_S, timeout_s)):
            if is_watched:
                address = await _named_by_sentinels(address, timeout_s)
            if address.path is None:
                _, connection = await loop.create_connection(protocol, address.host, address.port, ssl=address.tls())
            else:
                _, connection = await loop.create_unix_connection(protocol, address.path)
            try:
                await _log_in(connection, address, must_be_primary=is_watched)
            except BaseException:
                connection.abort()
                raise
            return connection
    except OSError as error:
        raise RedisUnavailableError(str(error) or "no connection was made in time") from error


async def _log_in(connection: RedisConnection, address: Address, *, must_be_primary: bool) -> None:
    login = () if address.password is None else ("AUTH", address.username, address.password)
    facts = await connection.execute("HELLO", 3, *login)
    if must_be_primary and facts.get(b"role") != b"master":
        raise RedisUnavailableError("the sentinels still name a server that is a replica")
    if address.database:
        await connection.execute("SELECT", address.database)


async def _named_by_sentinels(address: Address, timeout_s: float) -> Address:
    """Return where the server is that one may write to, as the first sentinel says that answers and knows it.

    Raises:
        RedisUnavailableError: none does.
    """
    asking = [asyncio.create_task(_ask(sentinel, address.service, timeout_s)) for sentinel in address.of_sentinels()]
    try:
        for answer in asyncio.as_completed(asking):
            with suppress(RedisError):
                return address.at(*await answer)
    finally:
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    raise RedisUnavailableError("no sentinel names a server to write to")


async def _ask(sentinel: Address, service: str, timeout_s: float) -> tuple[str, int]:
    connection = await open_connection(sentinel, timeout_s=timeout_s)
    try:
        found = await connection.execute("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service)
    finally:
        connection.close()
    if found is None:
        raise RedisUnavailableError("the sentinel knows no service of that name")
    host, port = found
    return host.decode(), int(port)
