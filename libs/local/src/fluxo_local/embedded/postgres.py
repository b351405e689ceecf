import signal
import subprocess
from pathlib import Path
from typing import IO

from fluxo_local.embedded.binaries import find_postgres
from fluxo_local.embedded.cluster import create_cluster, end_leftovers
from fluxo_local.embedded.confinement import Confinement, confine
from fluxo_local.embedded.directory import make_private, password_in
from fluxo_local.embedded.probe import ASKS_FOR_PASSWORD, greet_postgres
from fluxo_local.embedded.server import Server
from fluxo_local.spawn import spawn

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may not exceed 107 bytes; TCP serves everybody
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    # Every commit waits while a new file of the log is made; with the default most are removed again in quiet hours.
    "min_wal_size": "512MB",
    # A commit waits until all before it is on the disk, a bulk's megabytes too: little of it is to be left by then.
    "wal_writer_delay": "10ms",
    "wal_writer_flush_after": "128kB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A test's data may vanish with the machine, though not with the server; money with neither.
_FAST = {"fsync": "off", "full_page_writes": "off", "wal_compression": "off"}
_PID_LINE, _STATUS_LINE = 0, 7


class PostgresServer(Server):
    """One PostgreSQL on 127.0.0.1, whose data stay in `directory` from start to start.

    `max_connections` is what it has room for. `fast` does not outlive a power cut and is for tests only.
    """

    title = "PostgreSQL"
    # SIGTERM would wait for every client to leave.
    stop_steps = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))

    def __init__(self, directory: Path, port: int, *, max_connections: int = 100, fast: bool = False) -> None:
        super().__init__(directory, port)
        self.max_connections = max_connections
        self._fast = fast
        self._confinement: Confinement | None = None

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{password_in(self.directory)}@127.0.0.1:{self.port}/postgres"

    @property
    def _cluster(self) -> Path:
        return self._confined().directory / "cluster"

    def _confined(self) -> Confinement:
        if self._confinement is None:
            self._confinement = confine(find_postgres(), self.directory)
        return self._confinement

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        make_private(self.directory)
        self._lock.acquire()
        confined = self._confined()
        if self._cluster.exists():
            end_leftovers(self._cluster)
        else:
            log_of_initdb = self.directory / "initdb.log"
            create_cluster(confined, self._cluster, password_in(self.directory), log_of_initdb, sync=not self._fast)
        own = {"port": str(self.port), "max_connections": str(self.max_connections)}
        settings = {**SETTINGS, **(_FAST if self._fast else {}), **own}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = spawn(
            [confined.binaries.program("postgres"), "-D", self._cluster, *arguments],
            log=log,
            on_parent_death=signal.SIGQUIT,
            before_exec=confined.before_exec,
            user=confined.user,
            group=confined.group,
            keep_open=(self._lock.descriptor,),
        )
        return self.process

    def is_ready(self) -> bool:
        """Whether *this* server, not an earlier one on the same directory, lets clients log in."""
        return self._says_ready() and greet_postgres(self.port) == ASKS_FOR_PASSWORD

    def is_alive(self) -> bool:
        """Whether it answers at all, if only that it starts or recovers."""
        return greet_postgres(self.port) != b""

    def _says_ready(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            return False
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        if len(lines) <= _STATUS_LINE:
            return False
        return lines[_PID_LINE] == str(self.process.pid) and lines[_STATUS_LINE].strip() == "ready"
