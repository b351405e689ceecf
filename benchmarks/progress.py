"""What a person sees while it runs: one line that changes on a terminal, one line a step elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Final

_CLEAR: Final = "\r\x1b[2K"


class Progress:
    """Nothing is drawn by a thread of its own: that would disturb what is being measured."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._on_terminal = sys.stderr.isatty()

    def scenario(self, name: str, number: int, of: int) -> Callable[[str], None]:
        """Begin a scenario; what is returned says what is going on inside it."""

        def say(what: str) -> None:
            elapsed = time.monotonic() - self._began
            line = f"{elapsed // 60:3.0f}:{elapsed % 60:02.0f}  {number}/{of} {name}: {what}"
            sys.stderr.write(f"{_CLEAR}{line}" if self._on_terminal else f"{line}\n")
            sys.stderr.flush()

        return say

    def clear(self) -> None:
        if self._on_terminal:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
