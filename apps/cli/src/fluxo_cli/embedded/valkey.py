import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from fluxo_cli.embedded.binaries import find_valkey
from fluxo_cli.embedded.directory import DirectoryLock, last_lines, make_private, password_in, write_private
from fluxo_cli.embedded.probe import ping_valkey
from fluxo_cli.errors import CommandError
from fluxo_cli.spawn import spawn, stop

_START_TIMEOUT_S = 60.0
_SETTINGS = """\
bind 127.0.0.1
port {port}
dir "{directory}"
requirepass {password}
daemonize no
save ""
"""
# Streams: an event must never be evicted, and survives a restart. What a crash may lose of the last second, the
# relay publishes again.
_PERSISTENT = """\
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""
# Cache: everything in it can be read again, and nothing old may rise again after a restart.
_VOLATILE = """\
appendonly no
maxmemory 256mb
maxmemory-policy allkeys-lru
"""


class ValkeyServer:
    """One Valkey (or Redis) on 127.0.0.1: `persistent` for streams, otherwise a bounded cache that forgets."""

    stop_steps = ((signal.SIGTERM, 15.0),)

    def __init__(self, directory: Path, port: int, *, persistent: bool) -> None:
        self.directory = directory
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self._persistent = persistent
        self._lock = DirectoryLock(directory)

    @property
    def url(self) -> str:
        return f"redis://:{password_in(self.directory)}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until commands are answered. Does nothing when it runs already."""
        if self.process is not None and self.process.poll() is None:
            return
        log = self.directory / "server.log"
        make_private(self.directory)
        with log.open("ab") as output:
            process = self.spawn(output)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise CommandError(f"Valkey did not start on port {self.port}:\n{last_lines(log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, self.stop_steps)
        self._lock.release()

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server and return at once; `is_ready` tells when it answers. Main thread only."""
        make_private(self.directory)
        self._lock.acquire()
        configuration = self.directory / "valkey.conf"
        write_private(
            configuration,
            _SETTINGS.format(port=self.port, directory=self.directory.resolve(), password=password_in(self.directory))
            + (_PERSISTENT if self._persistent else _VOLATILE),
        )
        self.process = spawn(
            [find_valkey().server, configuration.resolve()],
            log=log,
            on_parent_death=signal.SIGTERM,
            keep_open=(self._lock.descriptor,),
        )
        return self.process

    def is_ready(self) -> bool:
        """Whether it answers PING; while it still loads its file it does not."""
        is_running = self.process is not None and self.process.poll() is None
        return is_running and self._answers() == [b"+OK\r\n", b"+PONG\r\n"]

    def is_alive(self) -> bool:
        """Whether it answers at all, if only that it is loading."""
        return any(self._answers())

    def _answers(self) -> list[bytes]:
        return ping_valkey(self.port, password_in(self.directory))
