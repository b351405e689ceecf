"""PostgreSQL and Valkey for the peers, as Fluxo has its own, and processes that end with this one."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.server import Server
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.spawn import spawn

from benchmarks.sql import ask, with_database
from benchmarks.tools import SystemFailedError
from tests.harness.ports import free_port

_CONNECTIONS: Final = 200
_IDLE_WITHIN_S: Final = 60.0
_BUSY: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state <> 'idle'"


@dataclass(frozen=True, slots=True)
class Servers:
    """`postgres` has the settings of Fluxo's own, but room for more connections."""

    directory: Path
    postgres: PostgresServer
    valkey: ValkeyServer

    def database(self, name: str) -> str:
        """Create a database and return its URL."""
        ask(self.postgres.admin_url, f"CREATE DATABASE {name}")
        return with_database(self.postgres.admin_url, name)

    def until_idle(self, database: str) -> None:
        """Wait until no statement runs: a server may go on with what nobody waits for any more."""
        deadline = time.monotonic() + _IDLE_WITHIN_S
        while ask(self.postgres.admin_url, _BUSY, arguments=(database,)):
            if time.monotonic() > deadline:
                raise SystemFailedError(f"{database} was still busy after {_IDLE_WITHIN_S:g} s")
            time.sleep(0.05)


@contextmanager
def servers(directory: Path) -> Iterator[Servers]:
    postgres = PostgresServer(directory / "postgres", free_port(), max_connections=_CONNECTIONS)
    valkey = ValkeyServer(directory / "valkey", free_port(), persistent=True)
    with started(postgres), started(valkey):
        yield Servers(directory, postgres, valkey)


@contextmanager
def started(server: Server) -> Iterator[None]:
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        yield


class Program(Server):
    """A peer's process, ready when it accepts connections on its port."""

    title = "A peer"
    stop_steps = ((signal.SIGTERM, 10.0),)

    def __init__(self, directory: Path, port: int, env: Mapping[str, str], command: Sequence[str | Path]) -> None:
        super().__init__(directory, port)
        self._env, self._command = env, command

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        self._lock.acquire()
        self.process = spawn(self._command, log=log, env=self._env, keep_open=(self._lock.descriptor,))
        return self.process

    def is_ready(self) -> bool:
        """Whether this process, not an earlier one on the same port, accepts connections."""
        return self.process is not None and self.process.poll() is None and self.is_alive()

    def is_alive(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2):
            return True
        return False
