import signal
import subprocess
from pathlib import Path
from typing import IO

from fluxo_local.embedded.binaries import find_valkey
from fluxo_local.embedded.directory import make_private, password_in, write_private
from fluxo_local.embedded.probe import ping_valkey
from fluxo_local.embedded.server import Server
from fluxo_local.spawn import spawn

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


class ValkeyServer(Server):
    """One Valkey (or Redis) on 127.0.0.1: `persistent` for streams, otherwise a bounded cache that forgets."""

    title = "Valkey"
    stop_steps = ((signal.SIGTERM, 15.0),)

    def __init__(self, directory: Path, port: int, *, persistent: bool) -> None:
        super().__init__(directory, port)
        self._persistent = persistent

    @property
    def url(self) -> str:
        return f"redis://:{password_in(self.directory)}@127.0.0.1:{self.port}/0"

    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
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
