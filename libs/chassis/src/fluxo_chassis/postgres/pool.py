import asyncio
import time
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

import asyncpg
from asyncpg.pool import PoolAcquireContext

from fluxo_chassis.health import Observation
from fluxo_chassis.postgres.failures import is_unavailable
from fluxo_chassis.postgres.session import ENDS_WHEN_CLIENT_IS_SILENT, connect
from fluxo_chassis.resilience import Bulkhead, CircuitBreaker, current_tenant

# A caller gets its answer within a second even when the server does not react at all.
CONNECT_TIMEOUT_S = 0.8
ACQUIRE_TIMEOUT_S = 0.9
RELEASE_TIMEOUT_S = 0.2
CLOSE_TIMEOUT_S = 2.0
IDLE_IN_TRANSACTION_TIMEOUT_S = 10

SERVER_GIVES_UP_AT = 0.9
"""The server's part of a statement's time: a server that says that a statement took too long is not away."""

SLOTS_FOR_HEALTH = 1

IS_READ_ONLY = "SELECT current_setting('transaction_read_only')::boolean"
READ_ONLY = Observation("fail", output="the server is read-only")

RESET_AFTER_S = 0.1
"""One probe at a time is all that a silent server can hold up, so it may come soon: a restart is felt that much longer
at most."""


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """Bounds how long a caller waits for a connection, and how long giving back or closing a broken one may take.

    Every acquisition, also by `fetch` and the like, goes through the bulkhead and the breaker that were given; the
    bulkhead's slot is one of the task's `current_tenant`.
    """

    def __init__(self, *where: Any, bulkhead: Bulkhead | None, breaker: CircuitBreaker | None, **how: Any) -> None:
        super().__init__(*where, **how)
        self._bulkhead = bulkhead
        self._breaker = breaker

    def acquire(self, *, timeout: float | None = None) -> Any:
        timeout_s = ACQUIRE_TIMEOUT_S if timeout is None else timeout
        if self._breaker is None:
            return super().acquire(timeout=timeout_s)
        return _GuardedConnection(self, timeout_s, self._bulkhead, self._breaker)

    def acquire_unguarded(self) -> Any:
        return super().acquire(timeout=ACQUIRE_TIMEOUT_S)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        await super().release(connection, timeout=RELEASE_TIMEOUT_S if timeout is None else timeout)

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await super().close()
        except TimeoutError:
            self.terminate()


class _GuardedConnection(PoolAcquireContext):  # type: ignore[misc]
    """A connection for the length of a block; the breaker learns whether there was one and whether it answered.

    What counts as a failure: no connection to be had, or no answer in time. An error that the server sends is an
    answer, and a connection that breaks in the middle leaves it to the next one to tell.
    """

    def __init__(self, pool: Pool, timeout_s: float, bulkhead: Bulkhead | None, breaker: CircuitBreaker) -> None:
        super().__init__(pool, timeout_s)
        self._slot = None if bulkhead is None else bulkhead.slot(current_tenant.get())
        self._breaker = breaker

    async def __aenter__(self) -> Any:
        if self._slot is None:
            return await self._connect()
        await self._slot.__aenter__()
        try:
            return await self._connect()
        except BaseException:
            await self._slot.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        # Before the connection is given back: with a silent server that takes time too.
        if error is None:
            self._breaker.succeed()
        elif isinstance(error, TimeoutError):
            self._breaker.fail()
        else:
            self._breaker.forget()
        try:
            await super().__aexit__(kind, error, trace)
        finally:
            if self._slot is not None:
                await self._slot.__aexit__(None, None, None)

    def __await__(self) -> Any:
        raise TypeError("a guarded connection is held by `async with`")

    async def _connect(self) -> Any:
        self._breaker.begin()
        try:
            return await super().__aenter__()
        except BaseException as error:
            if is_unavailable(error):
                self._breaker.fail()
            else:
                self._breaker.forget()
            raise


def breaker_for(name: str) -> CircuitBreaker:
    """The breaker of a database, to be shared by all of a process that call it."""
    return CircuitBreaker(name, reset_after_s=RESET_AFTER_S)


async def open_pool(
    url: str,
    *,
    application_name: str,
    min_size: int = 1,
    max_size: int | None = None,
    command_timeout_s: float = 1.2,
    breaker: CircuitBreaker | None = None,
    bulkhead: Bulkhead | None = None,
) -> Pool:
    """A pool that comes up even when the server is unavailable, and connects as soon as it is asked to.

    `min_size` connections are warmed where that is possible. A caller waits 0.9 s for a connection at most, and
    `command_timeout_s` for an answer, when the server gives up on the statement too. The default, and the moment that
    giving the connection back may take, make a silent server cost a caller a second and a half; long work asks
    for more.

    With a `breaker` callers of a server that does not answer get CircuitOpen at once. With a `bulkhead` before the
    breaker the pool has a connection for each of its slots, and one for the health check, which goes past both.
    """
    if bulkhead is not None:
        assert breaker is not None, "slots are held by those whom the breaker lets through"  # noqa: S101 - our own mistake
        max_size = bulkhead.running_max + SLOTS_FOR_HEALTH
    pool = Pool(
        url,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        min_size=0,
        max_size=10 if max_size is None else max_size,
        max_queries=1_000_000,
        max_inactive_connection_lifetime=300.0,
        reset=_keep,
        loop=None,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        connect=partial(connect, settings=session_settings(command_timeout_s), application_name=application_name),
        bulkhead=bulkhead,
        breaker=breaker,
    )
    await pool
    with suppress(Exception):
        await _warm(pool, min_size)
    return pool


def session_settings(command_timeout_s: float) -> dict[str, str]:
    return {
        "timezone": "UTC",
        "statement_timeout": f"{command_timeout_s * SERVER_GIVES_UP_AT * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT_S}s",
        "jit": "off",
        **ENDS_WHEN_CLIENT_IS_SILENT,
    }


async def _keep(_connection: asyncpg.Connection) -> None:
    """Sessions never leave state behind, so there is none to reset; the round trip is saved."""


async def _warm(pool: Pool, size: int) -> None:
    connections = [await pool.acquire_unguarded() for _ in range(size)]
    for connection in connections:
        await pool.release(connection)


async def ping(pool: Pool) -> Observation:
    """How long a trivial statement takes, and whether one could write; past bulkhead and breaker, as the server is."""
    started = time.perf_counter()
    async with pool.acquire_unguarded() as connection:
        is_read_only = await connection.fetchval(IS_READ_ONLY)
    if is_read_only:
        # The address may lead to another server by now, to which an open connection does not get.
        await pool.expire_connections()
        return READ_ONLY
    return Observation("pass", round((time.perf_counter() - started) * 1000, 3), "ms")
