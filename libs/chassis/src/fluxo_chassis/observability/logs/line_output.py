import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from prometheus_client import Counter

log_lines_dropped = Counter(
    "log_lines_dropped",
    "Log lines that a destination did not get: it could not be written to, or it did not keep up.",
    ["destination"],
)


class Destination(Protocol):
    """Where log lines go. `write` gets whole lines, each with its line feed, and may raise an OSError."""

    @property
    def name(self) -> str: ...
    def write(self, lines: bytes) -> None: ...


class StandardOutput:
    name = "stdout"

    def write(self, lines: bytes) -> None:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


class LineOutput:
    """Log lines on their way to all destinations; what one of them cannot take is counted, and never raises.

    `ahead`, when set, writes what was put off; who logs calls it before each line, so that the order stays.
    """

    def __init__(self, destinations: Sequence[Destination]) -> None:
        self._destinations = destinations
        self.ahead: Callable[[], None] | None = None

    def write(self, lines: bytes) -> int:
        for destination in self._destinations:
            try:
                destination.write(lines)
            except (OSError, ValueError):  # a closed file is a ValueError
                log_lines_dropped.labels(destination.name).inc(lines.count(b"\n"))
        return len(lines)

    def flush(self) -> None:
        """Every write is through at once."""
