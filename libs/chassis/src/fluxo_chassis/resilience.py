"""Calls to a dependency that may be away: back-off between tries, and a breaker that stops trying.

A loop that is alone in calling (relay, projector, listener) waits out its `Backoff`, and so tries once at a time. Where
many callers would each find out by a time-out (readers of the cache), a `CircuitBreaker` finds out for them.
"""

import asyncio
import random
import time
from types import TracebackType
from typing import Literal, Self

from prometheus_client import Gauge

from fluxo_chassis.health import Observation

circuit_breaker_state = Gauge(
    "circuit_breaker_state",
    "0 closed (calls go through), 1 half open (one probe), 2 open (calls fail at once).",
    ["name"],
)
_STATE_VALUES = {"closed": 0, "half-open": 1, "open": 2}

BreakerState = Literal["closed", "half-open", "open"]


class CircuitOpen(Exception):  # noqa: N818 - it names the fact
    """The dependency failed too often; this call was not tried."""


class CircuitBreaker:
    """Opens after so many failures in a row; after a while lets one single probe through, and closes if it succeeds.

    `async with breaker:` around the call. Any exception counts as a failure; a cancelled call counts as nothing.
    """

    def __init__(self, name: str, *, failures: int = 5, reset_after_s: float = 2.0) -> None:
        self.name = name
        self._failures_max = failures
        self._reset_after_s = reset_after_s
        self._failures = 0
        self._opened_at = 0.0
        self._probe: asyncio.Task[object] | None = None
        self._state: BreakerState = "closed"
        self._gauge = circuit_breaker_state.labels(name)
        self._gauge.set(0)

    @property
    def state(self) -> BreakerState:
        return self._state

    async def observe(self) -> Observation:
        """The state, as a health check shows it."""
        if self._state == "closed":
            return Observation("pass", self._state)
        return Observation("warn", self._state, output="Calls fail at once, until a probe succeeds.")

    async def __aenter__(self) -> Self:
        if self._state == "closed":
            return self
        rested = time.monotonic() - self._opened_at >= self._reset_after_s
        if self._probe is not None or not rested:
            raise CircuitOpen(self.name)
        self._probe = asyncio.current_task()
        self._become("half-open")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_probe = self._probe is not None and self._probe is asyncio.current_task()
        if is_probe:
            self._probe = None
        if kind is None:
            # A slow success from before the circuit opened says nothing about now.
            if is_probe or self._state == "closed":
                self._failures = 0
                self._become("closed")
        elif issubclass(kind, Exception):
            self._failures += 1
            if is_probe or self._failures >= self._failures_max:
                self._opened_at = time.monotonic()
                self._become("open")
        elif is_probe:
            # Cancelled before it could tell: the next caller may probe at once.
            self._become("open")

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._gauge.set(_STATE_VALUES[state])


class Backoff:
    """Waits that grow by `factor` from `first_s` to `cap_s`, each off by up to ± `jitter` of itself."""

    def __init__(self, first_s: float, cap_s: float, factor: float = 2.0, jitter: float = 0.2) -> None:
        self._first_s, self._cap_s, self._factor, self._jitter = first_s, cap_s, factor, jitter
        self._next_s = first_s

    def next(self) -> float:
        wait_s = self._next_s
        self._next_s = min(self._cap_s, wait_s * self._factor)
        return wait_s * random.uniform(1 - self._jitter, 1 + self._jitter)  # noqa: S311 - spreads callers, hides nothing

    def reset(self) -> None:
        self._next_s = self._first_s


async def wait_for_stop(stop: asyncio.Event, timeout_s: float) -> bool:
    """Sleeps, but wakes at once when asked to stop. True when it was."""
    try:
        await asyncio.wait_for(stop.wait(), timeout_s)
    except TimeoutError:
        return stop.is_set()
    return True
