"""A server's directory: private, locked, with the server's password in it."""

import fcntl
import os
import secrets
import tempfile
import time
from pathlib import Path

from fluxo_local.errors import CommandError

_PATIENCE_S = 5.0


class DirectoryLock:
    """An exclusive lock that the server inherits, so that it is free only once server *and* supervisor are gone.

    Two Valkeys would share an append-only file without complaint; PostgreSQL's own lock file goes stale.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "lock"
        self.descriptor = -1

    def acquire(self) -> None:
        """Wait a few seconds for a server that is just ending; raises CommandError."""
        if self.descriptor >= 0:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise CommandError(f"Another server already works on {self._path.parent}.") from None
                time.sleep(0.05)
            else:
                self.descriptor = descriptor
                return

    def release(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def make_private(directory: Path) -> None:
    """Create a directory for its owner only. One that exists stays as it is: it may be anybody's, such as /tmp."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, in one step: a reader sees the old text or the new."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:  # on a full disk this is tried again and again
        temporary.unlink()
        raise


def password_in(directory: Path) -> str:
    """The server's password, made up on first use."""
    make_private(directory)
    path = directory / "password"
    if not path.exists():
        write_private(path, secrets.token_hex(24))
    return path.read_text().strip()


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log file, for an error message; empty when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
