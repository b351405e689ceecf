"""The real system, as `fluxo up` runs it on one data directory."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from clocks import Clocks
from disks import Disks
from fluxo_local.runtime import load_state
from fluxo_local.spawn import spawn
from foreground import Foreground, SystemBrokenError
from ledger import Ledger
from servers import OwnServers
from watched_servers import WatchedServers

from tests.harness.processes import FLUXO, clean_environment
from tests.harness.system import DataDirectory

STARTS_WITHIN_S: Final = 180.0
COMMAND_WITHIN_S: Final = 120.0
_POLL_S: Final = 0.1


class System(DataDirectory):
    """`servers`: the driver's own; None lets `fluxo up` embed them, on `disks` where there are any."""

    def __init__(
        self,
        data_dir: Path,
        port_base: int,
        servers: OwnServers | WatchedServers | None = None,
        *,
        disks: Disks | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        super().__init__(data_dir, port_base)
        self.servers = servers
        self.disks = disks
        self.clocks = clocks
        self.ledgers: Sequence[Ledger] = ()
        """What the clients of this round know; a restore must tell them."""
        self.one_history = asyncio.Lock()
        """Held by a restore, and by whoever carries events from the stream's past into its future."""
        self._foreground: Foreground | None = None

    async def start(self) -> None:
        environment = clean_environment()
        if self.servers is not None:
            await self.servers.start()
            environment |= self.servers.environment(proxied=True)
        if self.clocks is not None:
            environment |= self.clocks.environment()
        argv = [*FLUXO, "up", *self._data_dir_option, "--port-base", str(self.port_base), "--replicas", "1"]
        self._foreground = Foreground(argv, environment, self.data_dir.with_suffix(".out"), self.ready)
        await self.until(self.is_ready, STARTS_WITHIN_S, "the system is ready")

    @contextlib.asynccontextmanager
    async def ended(self, how: signal.Signals) -> AsyncIterator[None]:
        """End `fluxo up`, and start it again afterwards."""
        assert self._foreground is not None
        async with self._foreground.ended(how):
            yield

    async def close(self) -> None:
        if self._foreground is not None:
            await self._foreground.end()
        if self.servers is not None:
            await self.servers.stop()

    def is_ready(self) -> bool:
        """Whether all processes are; raises SystemBrokenError when `fluxo up` itself has ended."""
        if self._foreground is not None:
            self._foreground.check()
        return self.ready()

    async def pid(self, name: str) -> int:
        """Return the process id, waiting for a process that is just being replaced."""
        await self.until(lambda: self._pid(name) is not None, STARTS_WITHIN_S, f"{name} runs")
        return self._pid(name) or 0

    def directory(self, server: str) -> Path:
        return self.data_dir / server

    def port_of(self, server: str) -> int:
        if self.servers is not None:
            return self.servers.port_of(server)
        return self.port_base + {"postgres": 3, "valkey-streams": 4, "valkey-cache": 5}[server]

    def start_second(self, service: str, role: str) -> subprocess.Popen[bytes]:
        """Start another instance beside the supervised one."""
        told = {
            "FLUXO_PORT": str(self.port_base + (91 if service == "entries" else 92)),
            "FLUXO_INSTANCE": f"{service}-{role}-second",
        }
        with (self.data_dir / "logs" / f"{service}-{role}-second.log").open("ab") as log:
            return spawn([sys.executable, "-m", f"fluxo_{service}", role], log=log, env=self.environment | told)

    async def cli(self, *arguments: str) -> tuple[int, str]:
        """Run `fluxo …` on this system, past the proxies; returns its exit status and all it printed.

        What hangs is killed: a fault may have left it a connection that will never say anything.
        """
        environment = clean_environment()
        if self.servers is not None:
            environment |= self.servers.environment(proxied=False)
        process = await asyncio.create_subprocess_exec(
            *FLUXO,
            *arguments,
            *self._data_dir_option,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        try:
            async with asyncio.timeout(COMMAND_WITHIN_S):
                printed, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return -signal.SIGKILL, f"it did not end within {COMMAND_WITHIN_S:g} s"
        return process.returncode or 0, printed.decode(errors="replace")

    async def until(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                raise SystemBrokenError(f"not within {within_s:g} s: {what}")
            await asyncio.sleep(_POLL_S)

    @property
    def _data_dir_option(self) -> tuple[str, str]:
        return "--data-dir", str(self.data_dir)

    def _pid(self, name: str) -> int | None:
        if self.servers is not None and (own := self.servers.pid(name)) is not None:
            return own
        with contextlib.suppress(OSError, ValueError):  # the state is just being replaced or removed
            state = load_state(self.data_dir)
            for process in state.processes if state is not None else ():
                if process.name == name:
                    return process.pid
        return None
