import asyncio
import random


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
