"""Who decides when the next request is sent: the clock (open loop), or the answer to the one before (closed loop)."""

import asyncio
import gc
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from fluxo_cli.load.connection import Exchange
from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pool import Pool

T = TypeVar("T")
Seen = Callable[[Exchange], None]


def run_precisely(main: Coroutine[Any, Any, T]) -> T:
    """Run on an event loop that wakes up within some 0.1 ms of an instant, and sleeps until then.

    epoll, which asyncio uses by default on Linux, rounds up to whole milliseconds; uvloop spins a core instead.
    """

    def select_loop() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(selectors.SelectSelector())

    gc.collect()
    gc.freeze()  # for good: who generates load does little else, and looks through all of it before each run
    with asyncio.Runner(loop_factory=select_loop) as runner:
        return runner.run(main)


def due_instants(start: float, rate_per_s: float, seconds: float) -> Iterator[float]:
    """Yield when each request is due, at a constant rate; computed one by one, so that rounding never adds up."""
    for number in range(round(rate_per_s * seconds)):
        yield start + number / rate_per_s


async def open_loop(
    pool: Pool, requests: Iterator[bytes], rate_per_s: float, seconds: float, seen: Seen = lambda _: None
) -> Measured:
    """Send at a constant rate, whatever the answers do, then wait for those under way."""
    loop, measured, finished = asyncio.get_running_loop(), Measured(), asyncio.Event()
    left = round(rate_per_s * seconds)

    def done(exchange: Exchange) -> None:
        nonlocal left
        left -= 1
        measured.add(exchange)
        seen(exchange)
        if left == 0:
            finished.set()

    start = loop.time()
    for due in due_instants(start, rate_per_s, seconds):
        if (delay := due - loop.time()) > 0:
            await asyncio.sleep(delay)
        measured.late_s.append(loop.time() - due)
        pool.submit(next(requests), done, due)
    if left:
        await finished.wait()
    measured.seconds = max(loop.time() - start, seconds)
    return measured


async def closed_loop(
    pool: Pool,
    requests: Iterator[bytes],
    callers: int,
    may_go_on: Callable[[Measured], bool] = lambda _: True,
    seen: Seen = lambda _: None,
) -> Measured:
    """Let so many callers each send the next request when it has its last answer.

    It ends with the requests, or when `may_go_on` says no.
    """
    measured = Measured()
    start = asyncio.get_running_loop().time()

    async def call() -> None:
        while may_go_on(measured) and (request := next(requests, None)) is not None:
            exchange = await pool.ask(request)
            measured.add(exchange)
            seen(exchange)

    await asyncio.gather(*(call() for _ in range(callers)))
    measured.seconds = asyncio.get_running_loop().time() - start
    return measured


def for_seconds(seconds: float) -> Callable[[Measured], bool]:
    """Return a condition for `closed_loop`: so many seconds from the first time it is asked."""
    until: float | None = None

    def may_go_on(_measured: Measured) -> bool:
        nonlocal until
        now = asyncio.get_running_loop().time()
        until = now + seconds if until is None else until
        return now < until

    return may_go_on


async def with_ticks(work: Awaitable[T], tick: Callable[[float], None], every_s: float = 1.0) -> T:
    """Call `tick` with the seconds gone by while the work is under way."""
    loop = asyncio.get_running_loop()
    start, task = loop.time(), asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait({task}, timeout=every_s)
        tick(loop.time() - start)
    return task.result()
