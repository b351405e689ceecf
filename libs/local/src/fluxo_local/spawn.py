"""Child processes that cannot outlive the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def spawn(
    argv: Sequence[str | Path],
    *,
    log: IO[bytes] | int,
    env: Mapping[str, str] | None = None,
    on_parent_death: signal.Signals = signal.SIGKILL,
    before_exec: Callable[[], None] | None = None,
    user: int | None = None,
    group: int | None = None,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, so that Ctrl-C on the terminal reaches only the supervisor.

    Linux sends `on_parent_death` when the *thread* that called this ends: call it from the main thread.
    """
    parent = os.getpid()

    def prepare() -> None:
        if before_exec is not None:
            before_exec()
        # After `before_exec`: a change of credentials clears the signal.
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(on_parent_death))
            if os.getppid() != parent:  # it died between fork and here, so no signal will come
                os._exit(1)

    return subprocess.Popen(
        [os.fspath(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - the parent has one thread while it spawns
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        pass_fds=tuple(keep_open),
        umask=0o077,
    )


def stop(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn and give it its seconds; the last resort is SIGKILL. Blocking."""
    for number, patience_s in (*steps, (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue


def kill_family(leader: subprocess.Popen[bytes]) -> None:
    """SIGKILL a process with all its descendants: stopped ones would outlive it, and keep its memory and its ports."""
    family = descendants(leader.pid)
    leader.kill()
    for pid in family:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """SIGKILL what a dead process left behind in its group, such as nginx's workers, which would keep its ports."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def is_stopped(pid: int) -> bool:
    """Whether a signal stopped it (SIGSTOP); where there is no /proc, nobody is."""
    try:
        return _fields(Path(f"/proc/{pid}/stat"))[0] == "T"
    except OSError:
        return False


def descendants(ancestor: int) -> list[int]:
    """Where there is no /proc, nobody: `kill_group` then has to do."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children[int(_fields(stat)[1])].append(int(stat.parent.name))
    found = list(children[ancestor])
    for pid in found:
        found += children[pid]
    return found


def _fields(stat: Path) -> list[str]:
    """The state, the parent and what follows; before them stands a name that may contain anything."""
    return stat.read_text().rpartition(")")[2].split()
