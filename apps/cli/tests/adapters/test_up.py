"""The command itself, with real servers and stand-ins for the services."""

import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.harness.system import System


def _system(stand_ins: Path) -> Iterator[System]:
    system = System(stand_ins / "data")
    system.settings["PYTHONPATH"] = str(stand_ins)
    yield system
    system.end()


@pytest.fixture(scope="module")
def running(stand_ins_in, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One that the tests leave running."""
    for system in _system(stand_ins_in(tmp_path_factory.mktemp("running"))):
        system.start()
        yield system


@pytest.fixture
def own_system(service_stand_ins: Path) -> Iterator[System]:
    yield from _system(service_stand_ins)


def _pids(system: System) -> dict[str, int]:
    status = system.status()
    assert status["ready"]
    return {process["name"]: process["pid"] for process in status["processes"]}


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def test_up_starts_everything(running: System):
    assert sorted(_pids(running)) == [
        "balances-api-1",
        "balances-projector-1",
        "dashboard-1",
        "entries-api-1",
        "entries-relay-1",
        "postgres",
        "valkey-cache",
        "valkey-streams",
    ]
    assert "Fluxo runs" in running.output.read_text()
    page = f"http://127.0.0.1:{running.port_base}"
    assert running.status()["urls"] == {
        "dashboard": page,
        "entries": running.entries_url,
        "balances": running.balances_url,
    }
    assert re.search(rf"(?m)^{page}/sign-in/link/[\w-]+$", running.output.read_text())


def test_no_secret_shows_in_the_process_list_or_on_the_screen(running: System):
    secrets = set(re.findall(r"[0-9a-f]{48}", (running.data_dir / "secrets.json").read_text()))
    assert secrets
    shown = " ".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in _pids(running).values())
    shown += running.output.read_text()
    assert not [secret for secret in secrets if secret in shown]


def test_services_are_restarted_one_after_another_and_servers_stay(running: System):
    before = _pids(running)
    done = running.cli("restart")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name} runs again." for name in before if name.endswith("-1")]
    after = _pids(running)
    assert {name for name in before if before[name] == after[name]} == {"postgres", "valkey-streams", "valkey-cache"}


def test_hung_servers_are_replaced(running: System, await_gone):
    """Stopped ones still take connections, and so seem to run."""
    stopped = [running.pid(name) for name in ("postgres", "valkey-streams", "valkey-cache")]
    families = [*stopped, *(child for pid in stopped for child in _children(pid))]
    for pid in families:
        os.kill(pid, signal.SIGSTOP)
    await_gone(families)
    running.until(running.ready)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_everything_and_the_next_start_finds_the_same_credentials(running, number, await_gone):
    secrets = (running.data_dir / "secrets.json").read_text()
    before = _pids(running)
    assert running.stop(number) == 0
    await_gone(before.values())
    assert running.status() == {"ready": False, "urls": {}, "processes": []}
    running.start()
    assert (running.data_dir / "secrets.json").read_text() == secrets


def test_a_busy_port_is_named_with_what_wanted_it(own_system: System):
    with (
        socket.create_server(("127.0.0.1", own_system.port_base)),
        socket.create_server(("127.0.0.1", own_system.port_base + 2)),
        pytest.raises(AssertionError) as refused,
    ):
        own_system.start()
    assert own_system.process.returncode == 4
    for port, wanted_by in ((own_system.port_base, "dashboard-1"), (own_system.port_base + 2, "balances-api-1")):
        assert f"port {port} (wanted by {wanted_by})" in str(refused.value)


def test_a_failed_migration_stops_the_start_and_shows_why(own_system: System):
    (own_system.data_dir.parent / "broken").touch()
    with pytest.raises(AssertionError) as failed:
        own_system.start()
    assert own_system.process.returncode == 1
    assert "-migrate failed" in str(failed.value)
    assert "the schema is broken" in str(failed.value)


def test_a_server_given_by_url_is_not_started(own_system: System):
    own_system.settings |= {"FLUXO_STREAMS_URL": "redis://127.0.0.1:1/0", "FLUXO_CACHE_URL": "redis://127.0.0.1:1/1"}
    own_system.start()
    assert not [name for name in _pids(own_system) if name.startswith("valkey")]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on this machine")
def test_replicas_answer_behind_the_balancer_while_one_of_them_dies(own_system: System):
    own_system.start("--replicas", "2")
    os.kill(own_system.pid("entries-api-1"), signal.SIGKILL)
    for _ in range(20):
        assert httpx2.get(own_system.entries_url).status_code == 200
    os.kill(killed := own_system.pid("nginx"), signal.SIGKILL)
    own_system.until(lambda: own_system.ready() and own_system.pid("nginx") != killed)
