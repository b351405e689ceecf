"""Small stand-ins for the services: the same way of starting, being asked and stopping, without a database."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from fluxo_local.runtime import ProcessState, SystemState
from fluxo_local.supervision.managed_processes import HttpProcess

from tests.harness.ports import free_neighbours

_STAND_IN = """
import http.server, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while os.path.exists("hung"):
            time.sleep(0.1)
        self.send_response(503 if os.path.exists("unready") and self.path == "/health/ready" else 200)
        self.end_headers()

    def log_message(self, *_):
        pass

if sys.argv[-1] == "migrate":
    raise SystemExit("the schema is broken" if os.path.exists("broken") else 0)
print("listening on", os.environ["FLUXO_PORT"], flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["FLUXO_PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def free_ports() -> Callable[[int], int]:
    """The first of `count` neighbouring ports on which nothing listens."""
    return free_neighbours


def _stand_ins_in(folder: Path) -> Path:
    for package in ("fluxo_entries", "fluxo_balances", "fluxo_dashboard"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
        (folder / package / "__main__.py").write_text(f"import os\n\nos.chdir({str(folder)!r})\n{_STAND_IN}")
    return folder


@pytest.fixture(scope="session")
def stand_ins_in() -> Callable[[Path], Path]:
    """Make a folder one where `python -m fluxo_entries` and its siblings start stand-ins; return it.

    A file `hung` there stops their answers, `unready` their readiness, and `broken` fails their migrations.
    """
    return _stand_ins_in


@pytest.fixture
def service_stand_ins(tmp_path: Path) -> Path:
    return _stand_ins_in(tmp_path)


@pytest.fixture
def http_process(tmp_path: Path, free_ports: Callable[[int], int]) -> Callable[..., HttpProcess]:
    """Make a child out of a stand-in, or of other Python source."""

    def make(name: str = "child-1", source: str = _STAND_IN, argv: Sequence[str] | None = None) -> HttpProcess:
        port = free_ports(1)
        program = f"import os; os.chdir({str(tmp_path)!r})\n{source}"
        command = argv or [sys.executable, "-c", program]
        return HttpProcess(name, command, {**os.environ, "FLUXO_PORT": str(port)}, port, port)

    return make


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    """Ask whether a process lives. One that only waits to be reaped, by whoever adopted it, does not."""

    def ask(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    return ask


@pytest.fixture
def await_gone(is_running: Callable[[int], bool]) -> Callable[[Iterable[int]], None]:
    def wait(pids: Iterable[int]) -> None:
        deadline = time.monotonic() + 60
        while living := [pid for pid in pids if is_running(pid)]:
            assert time.monotonic() < deadline, f"still running: {living}"
            time.sleep(0.02)

    return wait


@pytest.fixture
def system_state() -> SystemState:
    return SystemState(
        supervisor_pid=1,
        ready=True,
        urls={"entries": "http://127.0.0.1:8001"},
        processes=(ProcessState(name="entries-api-1", pid=2, ready=True, port=8001),),
    )
