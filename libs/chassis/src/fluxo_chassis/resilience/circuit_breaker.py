import asyncio
import time
from types import TracebackType
from typing import Self

from fluxo_chassis.resilience.backoff import Backoff
from fluxo_chassis.resilience.circuit import Circuit


class CircuitOpen(Exception):  # noqa: N818 - it names the fact
    """The dependency failed too often; this call was not tried, and nothing was sent."""


class CircuitBreaker(Circuit):
    """Opens after so many failures in a row; after a while lets one single probe through, and closes if it succeeds.

    `async with breaker:` around a call counts every exception as a failure. Who knows better which errors say that the
    dependency is down calls `begin`, and afterwards exactly one of `succeed`, `fail` and `forget`, in the same task.
    A call that was cancelled counts as nothing. The wait before a probe grows to `reset_cap_s`, where one is given.
    """

    def __init__(
        self, name: str, *, failures: int = 5, reset_after_s: float = 2.0, reset_cap_s: float | None = None
    ) -> None:
        super().__init__(name)
        self._failures_max = failures
        self._failures = 0
        self._rest = Backoff(reset_after_s, reset_cap_s or reset_after_s)
        self._probe_at = 0.0
        self._probe: asyncio.Task[object] | None = None

    def begin(self) -> None:
        """Let this call through.

        Raises:
            CircuitOpen: not now.
        """
        if self._state == "closed":
            return
        if self._probe is not None or time.monotonic() < self._probe_at:
            raise CircuitOpen(self.name)
        self._probe = asyncio.current_task()
        self._become("half-open")

    def succeed(self) -> None:
        # A slow success from before the circuit opened says nothing about now.
        if self._ends_probe() or self._state == "closed":
            self.close()

    def fail(self) -> None:
        # Neither does a slow failure.
        if self._ends_probe() or self._state == "closed":
            self._failures += 1
            if self._state != "closed" or self._failures >= self._failures_max:
                self._probe_at = time.monotonic() + self._rest.next()
                self._become("open")

    def close(self) -> None:
        """The dependency was seen to work, on whatever way: nobody needs to probe it."""
        self._probe = None
        self._failures = 0
        self._rest.reset()
        self._become("closed")

    def forget(self) -> None:
        """The call says nothing about the dependency; when it was the probe, the next caller may probe at once."""
        if self._ends_probe():
            self._become("open")

    async def __aenter__(self) -> Self:
        self.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.succeed()
        elif issubclass(kind, Exception):
            self.fail()
        else:
            self.forget()

    def _ends_probe(self) -> bool:
        is_probe = self._probe is not None and self._probe is asyncio.current_task()
        if is_probe:
            self._probe = None
        return is_probe
