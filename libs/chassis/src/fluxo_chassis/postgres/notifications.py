import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from fluxo_chassis.postgres.pool import CONNECT_TIMEOUT_S
from fluxo_chassis.postgres.session import ENDS_WHEN_CLIENT_IS_SILENT, connect
from fluxo_chassis.resilience import Retry, wait_for_stop

ASK_EVERY_S = 5.0
TRY_LOCK_EVERY_S = 0.25
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('listen'), hashtext($1))"


class Notifications:
    """Listens on a channel over a dedicated connection, which is reopened until stopped.

    A notification is a hint that something is new. Several make one, and so does every (re)connection, for something
    may have been missed. `hearers` are told of each, and of the end of a connection too: with what it says, or "" where
    that is nothing. One that says more ends no wait if there are any. `retry` says whether it waits to connect again.

    Of all `exclusive` listeners of a channel one at a time listens, and the others are not woken. It holds a lock of
    its session: when that ends, for whatever reason, another one listens within a moment.
    """

    def __init__(self, url: str, channel: str, *, exclusive: bool = False) -> None:
        self.retry = Retry("listening")
        self.is_listening = False
        self.hearers: list[Callable[[str], None]] = []
        self._url = url
        self._channel = channel
        self._exclusive = exclusive
        self._notified = asyncio.Event()
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        listening = self.retry.for_ever(self._listen, asyncio.Event())
        self._task = asyncio.create_task(listening, name=f"listen-{self._channel}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def wait(self, timeout_s: float) -> bool:
        """True as soon as there was a notification since the last wait, False after `timeout_s` without one."""
        if not self._notified.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._notified.wait()
        was_notified = self._notified.is_set()
        self._notified.clear()
        return was_notified

    def wake(self) -> None:
        """End a wait as a notification would."""
        self._notified.set()

    async def _listen(self) -> None:
        connection = await connect(
            self._url, ENDS_WHEN_CLIENT_IS_SILENT, timeout=CONNECT_TIMEOUT_S, command_timeout=CONNECT_TIMEOUT_S
        )
        try:
            self._lost.clear()
            connection.add_termination_listener(lambda _connection: self._lost.set())
            self.retry.reached()
            while self._exclusive and not await connection.fetchval(TRY_LOCK, self._channel):
                await self._until_lost(TRY_LOCK_EVERY_S)
            await connection.add_listener(self._channel, self._hear)
            self.is_listening = True
            self._tell("")
            while True:
                await self._until_lost(ASK_EVERY_S)
                # A connection can die without a word (a paused or vanished server): ask.
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()
            if self.is_listening:
                self.is_listening = False
                for hear in self.hearers:
                    hear("")

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        self._tell(payload)

    def _tell(self, payload: str) -> None:
        for hear in self.hearers:
            hear(payload)
        if not (payload and self.hearers):
            self._notified.set()

    async def _until_lost(self, timeout_s: float) -> None:
        if await wait_for_stop(self._lost, timeout_s):
            raise ConnectionResetError("the server ended the connection")
