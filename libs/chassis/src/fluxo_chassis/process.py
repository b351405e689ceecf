import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
import uvloop

from fluxo_chassis.observability.logs.log_level import say_as_configured, say_debug

log = structlog.get_logger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

CYCLES_LOOKED_FOR_AFTER = (50_000, 20, 50)
"""Requests leave next to no cycles behind. Looking for them after every 700 objects, as is the default, took a fifth of
the time of a process that answers writes."""


class SystemClock:
    """The machine's clock, as aware UTC instants; and one beside it that only ever goes on."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def run(main: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """Runs `main` until it returns; SIGTERM or SIGINT sets its event, a second one ends the process at once.

    SIGUSR1 makes it log from DEBUG on, SIGUSR2 from the configured level on again.

    The exit code: 0 after a clean end, 1 after an exception, which is logged.
    """
    _look_for_cycles_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(main))


def run_once(failure: str, work: Callable[[], None]) -> int:
    """Runs a task that ends by itself. The exit code: 0, or 1 with `failure` and its reason on stderr."""
    gc.freeze()
    gc.enable()
    try:
        work()
    except Exception as error:  # noqa: BLE001 - for the operator who typed the command, not for a log
        sys.stderr.write(f"{failure}: {str(error) or type(error).__name__}\n")
        return 1
    return 0


def _look_for_cycles_rarely() -> None:
    gc.freeze()  # what was imported stays: to look through it takes a tenth of a start, and finds next to nothing
    gc.set_threshold(*CYCLES_LOOKED_FOR_AFTER)
    gc.enable()


async def _run(main: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    stop = asyncio.Event()

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        log.info("stopping", signal=signal.Signals(number).name)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    loop.add_signal_handler(signal.SIGUSR1, say_debug)
    loop.add_signal_handler(signal.SIGUSR2, say_as_configured)
    try:
        await main(stop)
    except Exception:
        log.exception("the process failed")
        return 1
    return 0
