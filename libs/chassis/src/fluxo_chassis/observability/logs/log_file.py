"""Log lines in a file of its own, which is put aside when it has grown, and forgotten after some more of them."""

import fcntl
import logging
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler

from fluxo_chassis.settings import PREFIX, ProcessSettings, refuse

_BYTES_PER_MB = 1_000_000


class LogFile:
    """The file of FLUXO_LOG_FILE, and `….1` and so on for those before it.

    Raises:
        SystemExit: the file cannot be written to; a sentence says why.
    """

    name = "file"

    def __init__(self, settings: ProcessSettings) -> None:
        path = (settings.log_file or "").replace("{instance}", settings.instance)
        try:
            self._handler = _Rotating(
                path, maxBytes=settings.log_file_max_mb * _BYTES_PER_MB, backupCount=settings.log_files_kept
            )
        except OSError as error:
            reason = error.strerror or str(error)
            refuse(f"{PREFIX}LOG_FILE: cannot write to {path} ({reason}).")

    def write(self, lines: bytes) -> None:
        # Lines that come together stay together: no file begins in the middle of them.
        self._handler.handle(logging.makeLogRecord({"msg": lines.decode("utf-8", "replace")}))


class _Rotating(RotatingFileHandler):
    terminator = ""

    def __init__(self, path: str, *, maxBytes: int, backupCount: int) -> None:  # noqa: N803 - its own names
        super().__init__(path, maxBytes=maxBytes, backupCount=backupCount, encoding="utf-8", errors="replace")

    def _open(self) -> TextIOWrapper:
        """Two processes would rotate each other's file away: the second one refuses to start."""
        stream: TextIOWrapper = super()._open()
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            raise BlockingIOError("another process has it: put {instance} into the name") from None
        return stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - its own name
        """Called for an exception: who writes counts what is lost, and what comes next gets a new stream."""
        if self.stream is not None:
            with suppress(OSError, ValueError):
                self.stream.close()
            self.stream = None
        raise  # noqa: PLE0704 - the exception
