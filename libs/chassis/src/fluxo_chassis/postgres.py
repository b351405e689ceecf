import asyncio
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import asyncpg
import structlog

from fluxo_chassis.health import Observation
from fluxo_chassis.resilience import Backoff

log = structlog.get_logger(__name__)

# A caller gets its answer within a second even when the server does not react at all.
CONNECT_TIMEOUT_S = 0.8
ACQUIRE_TIMEOUT_S = 0.9
RELEASE_TIMEOUT_S = 0.2
CLOSE_TIMEOUT_S = 2.0
IDLE_IN_TRANSACTION_TIMEOUT_S = 10

_AWAY = (
    OSError,  # refused, reset, unknown host; TimeoutError is one too
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,  # the server cut a connection, and asyncpg had not noticed yet
)


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be used now, rather than that the statement is wrong."""
    if isinstance(error, _AWAY):
        return True
    # asyncpg has one class for a connection closed under us and for a mistake of ours.
    return isinstance(error, asyncpg.InterfaceError) and "clos" in str(error)


class _Pool(asyncpg.Pool):  # type: ignore[misc]
    """Bounds how long a caller waits for a connection, and how long giving back or closing a broken one may take."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=ACQUIRE_TIMEOUT_S if timeout is None else timeout)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        await super().release(connection, timeout=RELEASE_TIMEOUT_S if timeout is None else timeout)

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await super().close()
        except TimeoutError:
            self.terminate()


async def open_pool(
    url: str, *, application_name: str, min_size: int = 1, max_size: int = 10, command_timeout_s: float = 1.2
) -> asyncpg.Pool:
    """A pool that comes up even when the server is away, and connects as soon as it is asked to.

    `min_size` connections are warmed where that is possible. A caller waits 0.9 s for a connection at most, and
    `command_timeout_s` for an answer, when the server gives up on the statement too. The default, and the moment that
    giving the connection back may take, make a silent server cost a caller a second and a half; long work asks
    for more.
    """
    pool = _Pool(
        url,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        min_size=0,
        max_size=max_size,
        max_queries=1_000_000,
        max_inactive_connection_lifetime=300.0,
        reset=_keep,
        loop=None,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        server_settings=server_settings(application_name, command_timeout_s),
    )
    await pool
    with suppress(Exception):
        await _warm(pool, min_size)
    return pool


def server_settings(application_name: str, command_timeout_s: float) -> dict[str, str]:
    return {
        "application_name": application_name,
        "timezone": "UTC",
        "statement_timeout": f"{command_timeout_s * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_S}s",
        "jit": "off",
    }


async def _keep(_connection: asyncpg.Connection) -> None:
    """Sessions never leave state behind, so there is none to reset; the round trip is saved."""


async def _warm(pool: asyncpg.Pool, size: int) -> None:
    connections = [await pool.acquire() for _ in range(size)]
    for connection in connections:
        await pool.release(connection)


async def ping(pool: asyncpg.Pool) -> Observation:
    """How long a trivial statement takes."""
    started = time.perf_counter()
    await pool.fetchval("SELECT 1")
    return Observation("pass", round((time.perf_counter() - started) * 1000, 3), "ms")


class Notifications:
    """Listens on a channel over a connection of its own, which is opened again for ever.

    A notification is a hint that something is new. Several make one, and so does every (re)connection, for something
    may have been missed.
    """

    def __init__(self, url: str, channel: str) -> None:
        self._url = url
        self._channel = channel
        self._notified = asyncio.Event()
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen_for_ever(), name=f"listen-{self._channel}")
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
                await asyncio.wait_for(self._notified.wait(), timeout_s)
        was_notified = self._notified.is_set()
        self._notified.clear()
        return was_notified

    async def _listen_for_ever(self) -> None:
        backoff = Backoff(0.1, 5.0)
        while True:
            try:
                await self._listen(backoff)
            except Exception as error:  # noqa: BLE001 - whatever it was, the answer is to connect again
                log.warning("listening failed", channel=self._channel, reason=type(error).__name__)
            await asyncio.sleep(backoff.next())

    async def _listen(self, backoff: Backoff) -> None:
        connection = await asyncpg.connect(self._url, timeout=CONNECT_TIMEOUT_S, command_timeout=CONNECT_TIMEOUT_S)
        try:
            self._lost.clear()
            connection.add_termination_listener(lambda _connection: self._lost.set())
            await connection.add_listener(self._channel, lambda *_: self._notified.set())
            backoff.reset()
            self._notified.set()
            while not self._lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._lost.wait(), 5.0)
                if not self._lost.is_set():
                    # A connection can die without a word (a paused or vanished server): ask.
                    await connection.execute("SELECT 1")
        finally:
            connection.terminate()
