"""The command itself, with real servers and stand-ins for the services."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.harness.ports import free_port_base

START_TIMEOUT_S = 180


class System:
    """One `fluxo up`, and the questions one asks about it."""

    def __init__(self, folder: Path, port_base: int) -> None:
        self.folder = folder
        self.port_base = port_base
        self.processes: list[subprocess.Popen[str]] = []

    def fluxo(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "fluxo_cli", *arguments, "--data-dir", str(self.folder / "data")]

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")}
        return own | {"PYTHONPATH": str(self.folder)}

    def up(self, *, replicas: int = 1, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.fluxo("up", "--port-base", str(self.port_base), "--replicas", str(replicas)),
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def status(self) -> dict:
        done = subprocess.run(
            self.fluxo("status", "--json"), env=self.environment, capture_output=True, text=True, check=False
        )
        status = json.loads(done.stdout)
        assert done.returncode == (0 if status["ready"] else 1)
        return status

    def wait_until_ready(self, unlike: int | None = None) -> dict:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            status = self.status()
            if status["ready"] and unlike not in _pids(status):
                return status
            time.sleep(0.1)
        raise AssertionError(f"not ready: {status}")

    def pid(self, name: str) -> int:
        return next(process["pid"] for process in self.status()["processes"] if process["name"] == name)


@pytest.fixture
def system(service_stand_ins: Path) -> Iterator[System]:
    system = System(service_stand_ins, free_port_base())
    yield system
    for process in system.processes:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def _pids(status: dict) -> list[int]:
    return [process["pid"] for process in status["processes"]]


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def test_up_starts_everything_and_a_stop_signal_ends_everything(system: System, await_gone):
    up = system.up()
    status = system.wait_until_ready()
    assert sorted(process["name"] for process in status["processes"]) == [
        "balances-api-1",
        "balances-projector-1",
        "entries-api-1",
        "entries-relay-1",
        "postgres",
        "valkey-cache",
        "valkey-streams",
    ]
    assert status["urls"] == {
        "entries": f"http://127.0.0.1:{system.port_base + 1}",
        "balances": f"http://127.0.0.1:{system.port_base + 2}",
    }
    up.send_signal(signal.SIGTERM)
    output, _ = up.communicate(timeout=30)
    assert up.returncode == 0
    assert "Fluxo runs" in output
    await_gone(_pids(status))
    assert system.status() == {"ready": False, "urls": {}, "processes": []}


def test_ctrl_c_is_a_clean_stop_and_a_second_start_finds_the_same_credentials(system: System):
    secrets = []
    for _ in range(2):
        up = system.up()
        system.wait_until_ready()
        secrets.append((system.folder / "data" / "secrets.json").read_text())
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=30)
        assert up.returncode == 0
    assert secrets[0] == secrets[1]


def test_services_are_restarted_one_after_another_and_servers_stay(system: System):
    system.up()
    before = {process["name"]: process["pid"] for process in system.wait_until_ready()["processes"]}
    done = subprocess.run(system.fluxo("restart"), env=system.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name} runs again." for name in before if name.endswith("-1")]
    after = {process["name"]: process["pid"] for process in system.status()["processes"]}
    assert {name for name in before if before[name] == after[name]} == {"postgres", "valkey-streams", "valkey-cache"}


def test_hung_servers_are_replaced(system: System, await_gone):
    """Stopped ones still take connections, and so seem to run."""
    system.up()
    system.wait_until_ready()
    stopped = [system.pid(name) for name in ("postgres", "valkey-streams", "valkey-cache")]
    families = [*stopped, *(child for pid in stopped for child in _children(pid))]
    for pid in families:
        os.kill(pid, signal.SIGSTOP)
    for pid in stopped:
        system.wait_until_ready(unlike=pid)
    await_gone(families)


def test_a_busy_port_is_named_with_what_wanted_it(system: System):
    with socket.create_server(("127.0.0.1", system.port_base + 2)):
        up = system.up()
        output, _ = up.communicate(timeout=30)
    assert up.returncode == 4
    assert f"port {system.port_base + 2} (wanted by balances-api-1)" in output


def test_a_failed_migration_stops_the_start_and_shows_why(system: System):
    (system.folder / "broken").touch()
    up = system.up()
    output, _ = up.communicate(timeout=30)
    assert up.returncode == 1
    assert "-migrate failed" in output
    assert "the schema is broken" in output


def test_a_server_given_by_url_is_not_started(system: System):
    system.up(FLUXO_STREAMS_URL="redis://127.0.0.1:1/0", FLUXO_CACHE_URL="redis://127.0.0.1:1/1")
    status = system.wait_until_ready()
    assert not [process for process in status["processes"] if process["name"].startswith("valkey")]


def test_no_secret_shows_in_the_process_list_or_on_the_screen(system: System):
    up = system.up()
    status = system.wait_until_ready()
    secrets = set(re.findall(r"[0-9a-f]{48}", (system.folder / "data" / "secrets.json").read_text()))
    assert secrets
    shown = " ".join(Path(f"/proc/{process['pid']}/cmdline").read_text() for process in status["processes"])
    up.terminate()
    shown += up.communicate(timeout=30)[0]
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on this machine")
def test_replicas_answer_behind_the_balancer_while_one_of_them_dies(system: System):
    system.up(replicas=2)
    url = system.wait_until_ready()["urls"]["entries"]
    os.kill(system.pid("entries-api-1"), signal.SIGKILL)
    for _ in range(20):
        assert httpx2.get(url).status_code == 200
    os.kill(killed := system.pid("nginx"), signal.SIGKILL)
    system.wait_until_ready(unlike=killed)
