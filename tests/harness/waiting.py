import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 180.0
"""How long a loaded machine may take for what takes a second on a quiet one. Who waits in vain has found a fault."""


def until(holds: Callable[[], bool], within_s: float = PATIENCE_S, *, what: str = "it", every_s: float = 0.05) -> None:
    """Wait until something holds that nobody tells us of."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come true within {within_s:g} s"
        time.sleep(every_s)


async def until_true(holds: Callable[[], bool], within_s: float = PATIENCE_S, *, what: str = "it") -> None:
    """Wait as `until` does, in an event loop."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come true within {within_s:g} s"
        await asyncio.sleep(0.05)


async def until_somebody_listens(port: int, process_ended: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait for a server of this machine that was just started; fail at once when it ended instead."""
    async with asyncio.timeout(within_s):
        while True:
            assert not process_ended(), "it ended before it listened"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
