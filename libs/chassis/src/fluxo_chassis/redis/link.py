import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import redis.exceptions

from fluxo_chassis.redis.client import CONNECT_TIMEOUT_S
from fluxo_chassis.redis.connection import RedisConnection
from fluxo_chassis.redis.handshake import open_connection


class RedisLink:
    """One connection that is opened when somebody asks, and again after it was lost; its errors are redis-py's.

    Like `connect` it never asks again by itself. `timeout_s` must be longer than the longest BLOCK, which holds up
    everything behind it.
    """

    def __init__(self, url: str, *, timeout_s: float = 10) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._connection: RedisConnection | None = None
        self._opening: asyncio.Task[RedisConnection] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.close()

    async def ask(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command.

        Raises:
            redis.exceptions.ConnectionError, redis.exceptions.TimeoutError: no reply came; the command may have been
                carried out.
            redis.exceptions.ResponseError: the server refused it.
        """
        with _as_redis_errors():
            connection = await self._connected()
            return await connection.ask(*command)

    def tell(self, *command: str | bytes | int) -> None:
        """Send a command with the next question, or a moment later. It may get lost, with the connection."""
        if self._connection is not None:
            self._connection.tell(*command)

    async def _connected(self) -> RedisConnection:
        if self._connection is not None and not self._connection.is_lost:
            return self._connection
        if self._opening is None:
            # One attempt for all: in turn, the last of a crowd would wait for a time-out after the other.
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        # Shielded: one that goes away must not take it from the others.
        return await asyncio.shield(self._opening)

    async def _open(self) -> RedisConnection:
        async with asyncio.timeout(min(CONNECT_TIMEOUT_S, self._timeout_s)):
            self._connection = await open_connection(self._url, timeout_s=self._timeout_s)
        return self._connection

    def _opened(self, opening: asyncio.Task[RedisConnection]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # Everybody who waited may have gone: then nobody else would ask for it.


@contextmanager
def _as_redis_errors() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise redis.exceptions.TimeoutError("no reply came in time") from error
    except OSError as error:
        raise redis.exceptions.ConnectionError(str(error) or "the connection was lost") from error
