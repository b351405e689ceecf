"""However a run ends, none of the processes that it started stays, and a test that hangs fails alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 60
PLUGINS = ("anyio", "pytest_timeout", "xdist", "tests.harness.interruption", "tests.harness.reaper")

HANGS = """
import os, signal, subprocess, sys, time
from pathlib import Path

PARENT = "import subprocess, time; print(subprocess.Popen(['sleep', '1000'], start_new_session=True).pid, flush=True);"

def test_hangs_with_a_stopped_process_and_its_stopped_child():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT + "time.sleep(1000)"], stdout=subprocess.PIPE, start_new_session=True
    )
    child = int(parent.stdout.readline())
    for pid in (parent.pid, child):
        os.kill(pid, signal.SIGSTOP)
    written = Path(os.environ["PIDS"] + ".new")
    written.write_text(f"{os.getpid()} {parent.pid} {child}")
    written.rename(os.environ["PIDS"])
    time.sleep(1000)

def test_comes_after():
    print("came after")
"""

HANGS_IN_A_LOOP = """
import anyio, pytest

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.fixture
async def opened():
    yield
    await anyio.sleep(0)
    print("was closed")

async def test_hangs(opened):
    await anyio.sleep(1000)

async def test_comes_after(opened):
    print("came after")
"""


class Run:
    """Another pytest, with no more of ours than what ends things."""

    def __init__(self, directory: Path, story: str, *options: str) -> None:
        # Its temporary files have a place of their own: else it ends only when it has removed those of other runs.
        (directory / "pytest.ini").write_text("[pytest]\naddopts = --basetemp=temporary\n")
        (directory / "test_story.py").write_text(story)
        self.pids = directory / "pids"
        plugins = [part for plugin in PLUGINS for part in ("-p", plugin)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-s", "--timeout-method=signal", *plugins, *options, "test_story.py"],
            cwd=directory,
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "PIDS": str(self.pids)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def started(self) -> list[int]:
        """Return the ids of the process that runs the test, of its child and its grandchild."""
        until(self.pids.exists)
        return [int(pid) for pid in self.pids.read_text().split()]

    def printed(self) -> str:
        return self.process.communicate(timeout=ENDS_WITHIN_S)[0]


def until(holds) -> None:
    deadline = time.monotonic() + ENDS_WITHIN_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ctrl_c(run, worker) -> None:
    os.killpg(run.process.pid, signal.SIGINT)


def end_the_run(run, worker) -> None:
    run.process.terminate()


def kill_the_worker(run, worker) -> None:
    os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize(
    ("end", "workers"), [(ctrl_c, 0), (ctrl_c, 1), (end_the_run, 0), (end_the_run, 1), (kill_the_worker, 1)]
)
def test_no_process_outlives_the_run(tmp_path, end, workers):
    run = Run(tmp_path, HANGS, "-n", str(workers))
    worker, *family = run.started()
    assert all(map(runs, family))
    end(run, worker)
    run.printed()
    until(lambda: not any(map(runs, [worker, *family])))


def test_a_time_out_fails_the_test_and_leaves_nothing(tmp_path):
    run = Run(tmp_path, HANGS, "--timeout", "5")
    _, *family = run.started()
    printed = run.printed()
    assert "came after" in printed
    assert "1 failed, 1 passed" in printed
    until(lambda: not any(map(runs, family)))


def test_fixtures_are_torn_down_after_a_time_out_in_an_event_loop(tmp_path):
    printed = Run(tmp_path, HANGS_IN_A_LOOP, "--timeout", "3").printed()
    assert "Timeout (>3.0s)" in printed
    assert "1 failed, 1 passed" in printed
    assert printed.count("was closed") == 2


def test_fixtures_are_torn_down_after_ctrl_c_in_an_event_loop(tmp_path):
    run = Run(
        tmp_path,
        HANGS_IN_A_LOOP.replace(
            "async def test_hangs(opened):", "async def test_hangs(opened):\n    open('pids', 'w')"
        ),
    )
    until(run.pids.exists)
    ctrl_c(run, None)
    assert run.printed().count("was closed") == 1
