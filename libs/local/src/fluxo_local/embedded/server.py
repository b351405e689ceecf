import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, ClassVar

from fluxo_local.embedded.directory import DirectoryLock, last_lines, make_private
from fluxo_local.errors import CommandError
from fluxo_local.spawn import stop

_START_TIMEOUT_S = 60.0


class Server(ABC):
    """One server on 127.0.0.1, whose files, a lock and a log among them, are in `directory`."""

    title: ClassVar[str]
    stop_steps: ClassVar[Sequence[tuple[signal.Signals, float]]]

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = DirectoryLock(directory)

    def start(self) -> None:
        """Start and wait until it is ready. Does nothing when it runs already."""
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
                raise CommandError(f"{self.title} did not start on port {self.port}:\n{last_lines(log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, self.stop_steps)
        self._lock.release()

    @abstractmethod
    def spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server and return at once; `is_ready` tells when it answers. Main thread only."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether this server serves clients."""

    @abstractmethod
    def is_alive(self) -> bool:
        """Whether it answers at all, if only that it starts."""
