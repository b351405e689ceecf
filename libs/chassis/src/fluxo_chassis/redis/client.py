import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, Self

from fluxo_chassis.redis.address import Address
from fluxo_chassis.redis.connect import open_connection
from fluxo_chassis.redis.connection import Command, Pushed, RedisConnection, ignore, refusal_in

KEYS_AT_A_TIME: Final = 1_000


class RedisClient:
    """One connection, which is opened when somebody needs it, and again after it was lost.

    Whoever calls at the same time shares it. It never sends a command again by itself: after a lost reply it would be
    carried out twice, so its caller decides. `timeout_s` must be longer than the longest BLOCK, which holds up
    everything behind it: who blocks has a client of their own. `on_push` and `on_lost` belong to each connection.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 10, on_push: Pushed = ignore, on_lost: Callable[[], None] = ignore
    ) -> None:
        self._address = Address.parse(url)
        self._timeout_s = timeout_s
        self._on_push = on_push
        self._on_lost = on_lost
        self._connection: RedisConnection | None = None
        self._opening: asyncio.Task[RedisConnection] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.close()

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command.

        Raises:
            RedisUnavailableError: no reply came; the command may have been carried out.
            RedisReplyError: the server refused it.
        """
        return await (await self.connected()).execute(*command)

    async def execute_transaction(self, *commands: Command) -> list[Any]:
        """Return the replies to some commands that are carried out together; raises as `execute` does.

        A command that is unknown prevents all. One that fails, for what its key holds, prevents no other.
        """
        *_, replies = await (await self.connected()).execute_pipeline(("MULTI",), *commands, ("EXEC",))
        if refusal := refusal_in(replies):
            raise refusal
        return list(replies)

    async def unlink(self, *keys: str | bytes) -> None:
        """Remove keys, each by a command of its own: a cluster may have them in different slots. Raises as those."""
        await (await self.connected()).execute_pipeline(*(("UNLINK", key) for key in keys))

    async def scan(self, pattern: str) -> AsyncIterator[list[bytes]]:
        """Yield every key of a pattern that is there all the while, some at a time; raises as `execute` does."""
        cursor = b"0"
        while True:
            cursor, keys = await self.execute("SCAN", cursor, "MATCH", pattern, "COUNT", KEYS_AT_A_TIME)
            if keys:
                yield keys
            if cursor == b"0":
                return

    def send_nowait(self, *command: str | bytes | int) -> None:
        """Send a command with the next one, or a moment later. It may get lost, with the connection."""
        if self._connection is not None:
            self._connection.send_nowait(*command)

    async def connected(self) -> RedisConnection:
        """Return the connection, opened if there is none.

        Raises:
            RedisUnavailableError, RedisReplyError: it can't be opened.
        """
        if self._connection is not None and not self._connection.is_lost:
            return self._connection
        if self._opening is None:
            # One attempt for all: in turn, the last of a crowd would wait for a time-out after the other.
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        # Shielded: one that goes away must not take it from the others.
        return await asyncio.shield(self._opening)

    async def _open(self) -> RedisConnection:
        self._connection = await open_connection(
            self._address, timeout_s=self._timeout_s, on_push=self._on_push, on_lost=self._on_lost
        )
        return self._connection

    def _opened(self, opening: asyncio.Task[RedisConnection]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # Everybody who waited may have gone: then nobody else would ask for it.
