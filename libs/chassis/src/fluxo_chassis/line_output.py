import sys
from collections.abc import Callable


class LineOutput:
    """Standard output for log lines. `ahead`, when set, writes first what was put off, so that the order stays."""

    def __init__(self) -> None:
        self.ahead: Callable[[], None] | None = None

    def write(self, lines: bytes) -> int:
        if self.ahead is not None:
            self.ahead()
        return sys.stdout.buffer.write(lines)

    def flush(self) -> None:
        sys.stdout.buffer.flush()
