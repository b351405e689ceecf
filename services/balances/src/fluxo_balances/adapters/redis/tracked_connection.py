import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import hiredis
import redis.asyncio
from redis.asyncio import SSLConnection
from redis.exceptions import ResponseError

Invalidated = Callable[[Sequence[bytes] | None], None]
"""Told which keys have changed; None stands for all of them."""

_NOT_YET: Final = object()


class TrackedConnection(asyncio.Protocol):
    """One RESP3 connection; the server tells on it of every change of a key that was asked for on it, once.

    Commands are sent without waiting for each other's replies. Replies and changes are handed on in the order in which
    they come. A command without a reply in `timeout_s` ends the connection: on one that is silent no change is heard.
    (redis-py's asyncio client has no client-side caching, hence this.)
    """

    def __init__(self, timeout_s: float, on_invalidated: Invalidated, on_lost: Callable[[], None]) -> None:
        self._timeout_s = timeout_s
        self._on_invalidated = on_invalidated
        self._on_lost = on_lost
        self._replies = hiredis.Reader(notEnoughData=_NOT_YET)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._transport: asyncio.Transport | None = None

    @property
    def is_lost(self) -> bool:
        return self._transport is None

    async def ask(self, *command: str | bytes) -> Any:
        """Return the reply to one command.

        Raises:
            ConnectionError: the connection is lost, by now or before.
            TimeoutError: there was no reply in time; the connection is lost.
            ResponseError: the server refused the command.
        """
        if self._transport is None:
            raise ConnectionResetError
        reply = asyncio.get_running_loop().create_future()
        self._waiting.append(reply)
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]  # its stub: one word
        try:
            async with asyncio.timeout(self._timeout_s):
                return await reply
        except TimeoutError:
            self.abort()
            raise

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()
            self._lose()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass.

    def data_received(self, data: bytes) -> None:
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not _NOT_YET:
                self._hand_on(reply)
        except hiredis.ProtocolError:
            self.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._lose()

    def _hand_on(self, reply: Any) -> None:
        if isinstance(reply, hiredis.PushNotification):
            if reply[0] == b"invalidate":
                self._on_invalidated(reply[1])
            return
        waiter = self._waiting.popleft()
        if waiter.done():
            return  # Whoever asked has gone.
        if isinstance(reply, hiredis.ReplyError):
            waiter.set_exception(ResponseError(str(reply)))
        else:
            waiter.set_result(reply)

    def _lose(self) -> None:
        if self._transport is None:
            return
        self._transport = None
        self._on_lost()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(ConnectionResetError())
        self._waiting.clear()


async def open_tracked(
    url: str, *, timeout_s: float, on_invalidated: Invalidated, on_lost: Callable[[], None]
) -> TrackedConnection:
    """Return a connection that tracks already; the URL is one of redis-py's (`redis://`, `rediss://`, `unix://`).

    Raises:
        OSError: there is no connection. (TimeoutError is one.)
        ResponseError: the server refuses it, or knows neither RESP3 nor tracking.
    """
    pool = redis.asyncio.ConnectionPool.from_url(url)
    given = pool.connection_kwargs
    loop = asyncio.get_running_loop()

    def protocol() -> TrackedConnection:
        return TrackedConnection(timeout_s, on_invalidated, on_lost)

    async with asyncio.timeout(timeout_s):
        if "path" in given:
            _, connection = await loop.create_unix_connection(protocol, given["path"])
        else:
            tls = SSLConnection(**given).ssl_context.get() if pool.connection_class is SSLConnection else None
            host, port = given.get("host", "localhost"), given.get("port", 6379)
            _, connection = await loop.create_connection(protocol, host, port, ssl=tls)
    try:
        password = given.get("password")
        login = () if password is None else ("AUTH", given.get("username") or "default", password)
        await connection.ask("HELLO", "3", *login)
        if given.get("db"):
            await connection.ask("SELECT", str(given["db"]))
        await connection.ask("CLIENT", "TRACKING", "ON")
    except BaseException:
        connection.abort()
        raise
    return connection
