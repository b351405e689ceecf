"""`fluxo rebuild` with services whose `rebuild` and `replay` are small scripts, found before the installed ones."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

REBUILD = """
    import json, os, sys
    def tell(**news):
        print(json.dumps(news), flush=True)
    tell(mark="the-mark")
    header = json.loads(sys.stdin.readline() or "null")
    assert header == {"mark": "the-mark", "entries": 3}, header
    for replayed, _ in enumerate(sys.stdin, 1):
        tell(replayed=replayed, entries=3)
    tell(rebuilt=replayed)
"""
REPLAY = """
    import json, sys
    mark = sys.argv[2].removeprefix("--mark=")
    print(json.dumps({"mark": mark, "entries": 3}))
    print("one\\ntwo\\nthree")
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Make what a package does when it is run."""
    directory = tmp_path / "services"
    directory.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(directory))
    for name in ("ENTRIES_DATABASE", "BALANCES_DATABASE", "CACHE"):
        monkeypatch.setenv(f"FLUXO_{name}_URL", "scheme://server")

    def write(package: str, code: str) -> None:
        (directory / f"{package}.py").write_text(textwrap.dedent(code))

    write("fluxo_balances", REBUILD)
    write("fluxo_entries", REPLAY)
    return write


def test_the_replay_is_asked_with_the_mark_and_goes_to_the_rebuild(fluxo, program):
    outcome = fluxo("rebuild")
    assert outcome.exit_status == 0, outcome.err
    assert outcome.out.startswith("The balances are rebuilt from 3 entries, in ")


def test_a_merchant_that_was_left_out_is_named(fluxo, program):
    program(
        "fluxo_balances",
        REBUILD.replace("tell(rebuilt=", "tell(refused='banca', reason='Another currency.')\n    tell(rebuilt="),
    )
    outcome = fluxo("rebuild")
    assert outcome.exit_status == 1
    assert outcome.out.startswith("The balances are rebuilt from 3 entries, in ")
    assert outcome.err.endswith("Those of banca stay as they were: Another currency.\n")


def test_a_rebuild_that_is_refused_is_told_and_nothing_is_replayed(fluxo, program, tmp_path):
    program("fluxo_balances", "import sys; sys.exit('The rebuild failed: another rebuild is running.')")
    program("fluxo_entries", f"open({str(tmp_path / 'replayed')!r}, 'w')")
    outcome = fluxo("rebuild")
    assert outcome.exit_status == 1
    assert outcome.err == "fluxo: The rebuild failed: another rebuild is running.\n"
    assert not (tmp_path / "replayed").exists()


def test_a_replay_that_fails_is_told_with_what_became_of_the_rebuild(fluxo, program):
    program("fluxo_entries", "import sys; sys.exit('The entries cannot be replayed: no answer.')")
    program(
        "fluxo_balances",
        """
        import sys
        print('{"mark": "m"}', flush=True)
        sys.exit(None if sys.stdin.readline() else "The rebuild failed: there was no replay.")
        """,
    )
    outcome = fluxo("rebuild")
    assert outcome.exit_status == 1
    assert "The entries cannot be replayed: no answer." in outcome.err
    assert "The rebuild failed: there was no replay." in outcome.err


def test_a_rebuild_that_dies_without_a_word_is_not_taken_for_done(fluxo, program):
    program("fluxo_balances", 'import os; print(\'{"mark": "m"}\', flush=True); os._exit(7)')
    outcome = fluxo("rebuild")
    assert outcome.exit_status == 1
    assert outcome.out == ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_none_of_its_processes_stays(program, tmp_path, is_running, await_gone, how):
    """The rebuild tidies up: it is told to end, or the replay breaks off, or it notices that nobody listens."""
    told = tmp_path / "tidied"
    program(
        "fluxo_balances",
        f"""
        import json, os, sys, time
        open({str(tmp_path / "rebuild.pid")!r}, "w").write(str(os.getpid()))
        print('{{"mark": "m"}}', flush=True)
        try:
            for line in sys.stdin:
                print('{{"replayed": 1, "entries": 2}}', flush=True)
        finally:
            open({str(told)!r}, "w")
            os._exit(1)
        """,
    )
    program(
        "fluxo_entries",
        f"""
        import os, time
        open({str(tmp_path / "replay.pid")!r}, "w").write(str(os.getpid()))
        while True:
            print("line", flush=True)
            time.sleep(0.01)
        """,
    )
    command = [sys.executable, "-m", "fluxo_cli", "rebuild", "--data-dir", str(tmp_path / "data")]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    rebuild = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pids = []
    try:
        pids += [await_pid(tmp_path / f"{side}.pid") for side in ("rebuild", "replay")]
        rebuild.send_signal(how)
        assert rebuild.wait(60) != 0
        await_gone(pids)
        assert told.exists()
    finally:
        rebuild.kill()
        rebuild.wait()
        for pid in filter(is_running, pids):
            os.kill(pid, signal.SIGKILL)


def await_pid(path: Path) -> int:
    deadline = time.monotonic() + 60
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(path.read_text())
