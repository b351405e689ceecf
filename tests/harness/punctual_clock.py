import asyncio

import pytest

TICK_S = 0.005


class PunctualClock:
    """`clock()`: seconds, of which none pass while timers are late.

    On a busy machine a process gets its turn late. What waits for a time-out of its own takes no longer by this clock;
    what waits for another process, which may not get its turn either, may.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._late_s = 0.0

    def __call__(self) -> float:
        return min(self._loop.time(), self._due) - self._late_s

    async def run(self) -> None:
        while True:
            self._due = self._loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late_s += max(0.0, self._loop.time() - self._due)


@pytest.fixture
async def punctual_clock(anyio_backend):
    clock = PunctualClock()
    ticking = asyncio.create_task(clock.run())
    await asyncio.sleep(0)
    yield clock
    ticking.cancel()
