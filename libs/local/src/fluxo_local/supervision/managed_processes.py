"""The kinds of process that the supervisor keeps running, and how each is asked whether it is well."""

import asyncio
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from fluxo_local.embedded.server import Server
from fluxo_local.spawn import spawn

_PROBE_TIMEOUT_S = 2.0

# A service that is silent for so long serves nobody: its clients give up after two seconds.
_SERVICE_HANG_TIMEOUT_S = 10.0
# A server gets more: its disk may stall for seconds, and killing it costs everybody a recovery. One that starts,
# recovers or loads its file says so, however long that takes, and never counts as silent.
_SERVER_HANG_TIMEOUT_S = 15.0


class Child(Protocol):
    """A process to keep running.

    `stop_steps`: each signal with the seconds it gets before the next one. `hang_timeout_s`: how long it may not be
    alive, once it was, before it is replaced. `replaced_when_stopped`: others do its work meanwhile, so that one that
    was stopped (SIGSTOP) need not be waited for.
    """

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def stop_steps(self) -> Sequence[tuple[signal.Signals, float]]: ...
    @property
    def hang_timeout_s(self) -> float: ...
    @property
    def replaced_when_stopped(self) -> bool: ...

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]: ...
    def release(self) -> None: ...
    async def is_ready(self) -> bool: ...
    async def is_alive(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class HttpProcess:
    """A process that answers `/health/live` and `/health/ready` on 127.0.0.1:`health_port`."""

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str]
    port: int
    health_port: int
    stop_steps: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 15.0),)
    on_parent_death: signal.Signals = signal.SIGKILL
    hang_timeout_s: float = _SERVICE_HANG_TIMEOUT_S
    replaced_when_stopped: bool = False

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return spawn(self.argv, log=log, env=self.env, on_parent_death=self.on_parent_death)

    def release(self) -> None:
        """It holds nothing but its process."""

    async def is_ready(self) -> bool:
        return await _answers_200(self.health_port, "/health/ready")

    async def is_alive(self) -> bool:
        return await _answers_200(self.health_port, "/health/live")


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """PostgreSQL or Valkey."""

    name: str
    server: Server
    hang_timeout_s: float = _SERVER_HANG_TIMEOUT_S
    replaced_when_stopped: bool = False

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def stop_steps(self) -> Sequence[tuple[signal.Signals, float]]:
        return self.server.stop_steps

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return self.server.spawn(log)

    def release(self) -> None:
        self.server.stop()

    async def is_ready(self) -> bool:
        return await asyncio.to_thread(self.server.is_ready)

    async def is_alive(self) -> bool:
        return await asyncio.to_thread(self.server.is_alive)


async def _answers_200(port: int, path: str) -> bool:
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
                status_line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False
    return status_line.split(b" ")[1:2] == [b"200"]
