"""`fluxo up` as a service manager runs it: started again when a fault ends it before it was ready."""

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from fluxo_local.spawn import descendants, spawn

STOPS_WITHIN_S: Final = 60.0
STARTS_MAX: Final = 5
_POLL_S: Final = 0.2


class SystemBrokenError(Exception):
    """The system did not do what it must do by itself; the message says what."""


class Foreground:
    """One process at a time, which ends when the driver does. Once ready it may end only by `ended` or `end`."""

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], output: Path, is_ready: Callable[[], bool]
    ) -> None:
        self._argv = argv
        self._environment = environment
        self._output = output
        self._is_ready = is_ready
        self._turn = asyncio.Lock()
        self._process = self._spawn()
        self._task = asyncio.create_task(self._nurse())
        self._failure = ""

    def check(self) -> None:
        """Raise SystemBrokenError when the process ended although nobody ended it."""
        if self._failure:
            raise SystemBrokenError(self._failure)

    @contextlib.asynccontextmanager
    async def ended(self, how: signal.Signals) -> AsyncIterator[None]:
        """End the process, and start another one afterwards; faults that want this at the same time take turns."""
        async with self._turn:
            await self._end(how)
            try:
                yield
            finally:
                self._process = self._spawn()

    async def end(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        try:
            await asyncio.to_thread(self._process.wait, STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            left = [_told(pid) for pid in descendants(self._process.pid)]
            self._process.send_signal(signal.SIGABRT)  # it writes where each of its threads stands
            await asyncio.to_thread(self._process.wait)
            self._failure = "\n".join(
                [f"fluxo up did not end within {STOPS_WITHIN_S:g} s of {how.name}", *left, self._end_of_output()]
            )
            raise SystemBrokenError(self._failure) from None

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {**self._environment, "PYTHONFAULTHANDLER": "1"}
        with self._output.open("ab") as output:
            return spawn(self._argv, log=output, env=environment, on_parent_death=signal.SIGTERM)

    def _end_of_output(self) -> str:
        return "\n".join(self._output.read_text().splitlines()[-60:])

    async def _nurse(self) -> None:
        starts, was_ready, nursed = 1, False, self._process
        while not self._failure:
            async with self._turn:
                if self._process is not nursed:
                    starts, was_ready, nursed = 1, False, self._process
                status = nursed.poll()
                if status is None:
                    was_ready = was_ready or self._is_ready()
                elif was_ready or starts == STARTS_MAX:
                    self._failure = f"fluxo up ended with status {status}:\n{self._end_of_output()}"
                else:
                    starts += 1
                    self._process = nursed = self._spawn()
            await asyncio.sleep(_POLL_S)


def _told(pid: int) -> str:
    """What the system says of a process that is left: what it is, and whether it runs, waits or is dead."""
    process = Path(f"/proc/{pid}")
    try:
        command = (process / "cmdline").read_text().replace("\0", " ")
        state = next(line for line in (process / "status").read_text().splitlines() if line.startswith("State:"))
    except OSError:
        return f"{pid} has just ended"
    return f"{pid} {state}: {command}"
