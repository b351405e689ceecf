import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class OverloadedError(Exception):
    """More is waiting than can be answered soon; the caller may try again."""


class Turnstile:
    """Lets `running_max` through at once and `waiting_max` wait, none longer than `wait_max_s`.

    Whoever cannot be served soon is told so at once, and those inside stay as fast as they were.
    """

    def __init__(self, *, running_max: int, waiting_max: int, wait_max_s: float) -> None:
        self._seats = asyncio.Semaphore(running_max)
        self._waiting = 0
        self._waiting_max = waiting_max
        self._wait_max_s = wait_max_s

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Hold a seat for the block.

        Raises:
            OverloadedError: too many wait already, or no seat came free in time.
        """
        await self._take_seat()
        try:
            yield
        finally:
            self._seats.release()

    async def _take_seat(self) -> None:
        if not self._seats.locked():
            await self._seats.acquire()
            return
        if self._waiting >= self._waiting_max:
            raise OverloadedError
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_max_s):
                await self._seats.acquire()
        except TimeoutError:
            raise OverloadedError from None
        finally:
            self._waiting -= 1
