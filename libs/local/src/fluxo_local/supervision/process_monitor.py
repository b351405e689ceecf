"""Keeps one child running: starts it, watches it, replaces it when it dies or hangs."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from fluxo_local.errors import CommandError
from fluxo_local.runtime import ProcessState
from fluxo_local.spawn import is_stopped, kill_family, kill_group
from fluxo_local.supervision.log_rotation import rotate
from fluxo_local.supervision.managed_processes import Child

START_TIMEOUT_S = 60.0
_BACKOFF_FIRST_S, _BACKOFF_CAP_S = 0.2, 10.0
_HEALTHY_AGAIN_S = 30.0
_POLL_S = 0.1
_PROBE_S = 1.0
_DEATH_S = 10.0
_STOPPED_LOOKS = 5  # of ours, and no span of time: after a halt of the whole machine everybody gets to go on first
_BAD_CONFIGURATION = 2  # the status a service exits with when waiting would not help


class ProcessMonitor:
    """One child, from `begin` to `end`. `failure` is set when its first start can never succeed."""

    def __init__(
        self,
        child: Child,
        log: Path,
        *,
        changed: Callable[[], None],
        announce: Callable[[str], None],
    ) -> None:
        self.child = child
        self.log = log
        self.failure: CommandError | None = None
        self._changed = changed
        self._announce = announce
        self._process: subprocess.Popen[bytes] | None = None
        self._ready_since: float | None = None
        self._was_ready = False
        self._task: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        return self._ready_since is not None

    @property
    def state(self) -> ProcessState:
        pid = self._process.pid if self._process is not None and self._process.returncode is None else None
        return ProcessState(self.child.name, pid, self.is_ready, self.child.port)

    def begin(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=self.child.name)

    async def end(self) -> None:
        """Stop the child for good: politely first, with SIGKILL last."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._process is not None:
            for number, patience_s in self.child.stop_steps:
                self._process.send_signal(number)
                if await ended(self._process, patience_s):
                    break
            else:
                kill_family(self._process)
                await ended(self._process, _DEATH_S)
        self.child.release()
        self._ready_since = None
        self._changed()

    async def _keep(self) -> None:
        pause_s = _BACKOFF_FIRST_S
        while True:
            try:
                with self.log.open("ab") as output:
                    self._process = self.child.spawn(output)
            except (OSError, CommandError) as error:
                healthy_s, outcome = 0.0, f"does not start: {error}"
                self._fail(error)
            else:
                self._changed()
                replacing = asyncio.create_task(self._kill_when_stopped(self._process))
                try:
                    healthy_s = await self._watch(self._process)
                finally:
                    replacing.cancel()
                outcome = _outcome(self._process.returncode)
                if self._process.returncode == _BAD_CONFIGURATION:
                    self._fail(outcome)
                kill_group(self._process.pid)
            if healthy_s >= _HEALTHY_AGAIN_S:
                pause_s = _BACKOFF_FIRST_S
            self._changed()
            self._announce(f"{self.child.name} {outcome}; it starts again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _BACKOFF_CAP_S)

    async def _watch(self, process: subprocess.Popen[bytes]) -> float:
        """Return once the process has ended, with the seconds for which it had been ready at the end."""
        silent_since, patience_s = time.monotonic(), START_TIMEOUT_S
        next_probe = 0.0
        while process.poll() is None:
            if time.monotonic() >= next_probe:
                ready = await self.child.is_ready()
                self._note(ready=ready)
                if ready or await self.child.is_alive():
                    silent_since, patience_s = time.monotonic(), self.child.hang_timeout_s
                elif time.monotonic() - silent_since > patience_s:
                    self._announce(f"{self.child.name} has not answered for {patience_s:g} s and is killed")
                    kill_family(process)
                rotate(self.log)
                next_probe = time.monotonic() + (_PROBE_S if ready else _POLL_S)
            await asyncio.sleep(_POLL_S)
        healthy_s = time.monotonic() - self._ready_since if self._ready_since is not None else 0.0
        self._ready_since = None
        return healthy_s

    async def _kill_when_stopped(self, process: subprocess.Popen[bytes]) -> None:
        """Its kernel still takes connections, and whoever is sent there waits until it is dead.

        Silence would be a guess here: a process that merely gets no turn on a busy machine is never in that state.
        """
        looks = 0
        while self.child.replaced_when_stopped and looks < _STOPPED_LOOKS:
            await asyncio.sleep(_POLL_S)
            if process.poll() is not None:
                return
            looks = looks + 1 if is_stopped(process.pid) else 0
        if looks:
            self._announce(f"{self.child.name} is stopped and is killed")
            kill_family(process)

    def _note(self, *, ready: bool) -> None:
        if ready == self.is_ready:
            return
        self._ready_since = time.monotonic() if ready else None
        self._was_ready = self._was_ready or ready
        self._changed()

    def _fail(self, reason: object) -> None:
        if not self._was_ready:
            self.failure = CommandError(f"{self.child.name} cannot start: {reason}")


async def ended(process: subprocess.Popen[bytes], patience_s: float) -> bool:
    """Whether the process ends within the time given."""
    deadline = time.monotonic() + patience_s
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _outcome(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
