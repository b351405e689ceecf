import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from fluxo_cli.load.connection import Connection, Exchange
from fluxo_cli.load.target import Target

_SWEEP_S: Final = 0.5


class Pool:
    """Keep-alive connections to one target. A request that finds none idle waits for one, in order.

    Nothing is tried again: a request that gets no answer within `timeout_s` of being sent, or whose connection breaks,
    is done with status 0.
    """

    def __init__(self, target: Target, connections_max: int, timeout_s: float = 10.0) -> None:
        self._target = target
        self._connections_max = connections_max
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: deque[Exchange] = deque()
        self._closed = False
        self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)

    async def __aenter__(self) -> Self:
        """Open all connections, so that no request has to wait for that; one that can't be is left to the requests."""
        while len(self._open) + len(self._opening) < self._connections_max:
            self._open_one()
        await asyncio.gather(*self._opening)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._sweeping.cancel()
        for opening in self._opening:
            opening.cancel()
        self._fail(len(self._waiting))
        for connection in list(self._open):
            connection.close()
        await asyncio.sleep(0)  # lets the sockets close

    def submit(self, request: bytes, done: Callable[[Exchange], None], due: float | None = None) -> None:
        """Send as soon as a connection is idle; `due`, an instant of the loop's clock, defaults to now."""
        exchange = Exchange(request, self._loop.time() if due is None else due, done)
        if self._idle:
            # The one used last: those in excess stay idle, and may be closed by the server without a race.
            self._idle.pop().send(exchange)
            return
        self._waiting.append(exchange)
        if len(self._open) + len(self._opening) < self._connections_max:
            self._open_one()

    async def ask(self, request: bytes) -> Exchange:
        """Send it, and return what came of it."""
        answered: asyncio.Future[Exchange] = self._loop.create_future()
        self.submit(request, answered.set_result)
        return await answered

    def _open_one(self) -> None:
        opening = self._loop.create_task(self._connect())
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        target = self._target
        try:
            async with asyncio.timeout(self._timeout_s):
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self._loop.time, self._freed, self._lost),
                    target.host,
                    target.port,
                    ssl=target.tls,
                )
        except (OSError, TimeoutError):
            self._fail(1)
            self._open_for_waiting()
            return
        self._open.add(connection)
        self._freed(connection)

    def _freed(self, connection: Connection) -> None:
        if self._waiting:
            connection.send(self._waiting.popleft())
        else:
            self._idle.append(connection)

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._open_for_waiting()

    def _open_for_waiting(self) -> None:
        if self._waiting and not self._closed:
            self._open_one()

    def _fail(self, count: int) -> None:
        """Let the oldest waiting ones go without an answer."""
        for _ in range(min(count, len(self._waiting))):
            exchange = self._waiting.popleft()
            exchange.sent = exchange.answered = self._loop.time()
            exchange.done(exchange)

    def _sweep(self) -> None:
        oldest = self._loop.time() - self._timeout_s
        for connection in list(self._open):
            if connection.exchange is not None and connection.exchange.sent < oldest:
                connection.close()
        self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)
