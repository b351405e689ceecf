import asyncio
from types import TracebackType
from typing import Self

from prometheus_client import Counter, Gauge

from fluxo_chassis.health import Observation

bulkhead_running = Gauge("bulkhead_running", "Callers that hold a slot.", ["name"])
bulkhead_waiting = Gauge("bulkhead_waiting", "Callers that wait for a slot.", ["name"])
bulkhead_refused = Counter("bulkhead_refused", "Callers that were turned away: too many waited, or too long.", ["name"])


class BulkheadFull(Exception):  # noqa: N818 - it names the fact
    """More callers wait than can be served soon; nothing was sent, and the caller may try again."""


class Bulkhead:
    """Lets `running_max` through at once and `waiting_max` wait in their order, none longer than `wait_max_s`.

    `async with bulkhead:` around the work. A caller that cannot be served soon is refused at once (BulkheadFull), and
    those inside stay as fast as they were.
    """

    def __init__(self, name: str, *, running_max: int, waiting_max: int, wait_max_s: float) -> None:
        self.name = name
        self.running_max = running_max
        self._slots = asyncio.Semaphore(running_max)
        self._running = 0
        self._waiting = 0
        self._waiting_max = waiting_max
        self._wait_max_s = wait_max_s
        self._refused = bulkhead_refused.labels(name)
        bulkhead_running.labels(name).set_function(lambda: self._running)
        bulkhead_waiting.labels(name).set_function(lambda: self._waiting)

    async def observe(self) -> Observation:
        """How many wait, as a health check shows it."""
        if self._waiting < self._waiting_max or not self._slots.locked():
            return Observation("pass", self._waiting, "waiting")
        return Observation("warn", self._waiting, "waiting", output="callers are turned away")

    async def __aenter__(self) -> Self:
        if self._slots.locked():
            await self._wait_for_seat()
        else:
            await self._slots.acquire()
        self._running += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running -= 1
        self._slots.release()

    async def _wait_for_seat(self) -> None:
        if self._waiting >= self._waiting_max:
            self._refused.inc()
            raise BulkheadFull(self.name)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_max_s):
                await self._slots.acquire()
        except TimeoutError:
            self._refused.inc()
            raise BulkheadFull(self.name) from None
        finally:
            self._waiting -= 1
