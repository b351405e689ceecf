"""What a test process starts ends with it, whatever ends the test process: Ctrl-C, SIGTERM, SIGKILL, a time-out.

A guard, in a session of its own, learns of every child and waits for the end of its input, which comes when the test
process is no more. Then it kills what still runs, with all descendants, stopped ones too.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from fluxo_local.spawn import descendants


class Guard:
    """Started with the first child."""

    def __init__(self) -> None:
        self._input = -1

    def watch(self, pid: int) -> None:
        if self._input < 0:
            ours, self._input = os.pipe()
            _popen([sys.executable, "-m", __name__], stdin=ours, cwd=Path(__file__).parents[2], start_new_session=True)
            os.close(ours)
        os.write(self._input, f"{pid} {_started(pid)}\n".encode())


class WatchedPopen(subprocess.Popen):
    """Every way to start a process goes by `subprocess.Popen`, so that no test has to remember this one."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        _guard.watch(self.pid)


def kill_what_runs(children: list[str]) -> None:
    for pid, started in (child.split() for child in children):
        if _started(int(pid)) == started:
            for each in (int(pid), *descendants(int(pid))):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


def _started(pid: int) -> str:
    """When the process started, which tells it from a later one of the same id; `-` if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "-"


_popen, _guard = subprocess.Popen, Guard()

if __name__ == "__main__":
    kill_what_runs(sys.stdin.read().splitlines())
else:
    subprocess.Popen = WatchedPopen
