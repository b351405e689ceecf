"""`fluxo up` starts everything, survives what it should survive, and leaves nothing behind."""

import signal
import socket
from datetime import date
from pathlib import Path

from fluxo_local.runtime import load_environment

from tests.harness.databases import query

DAY = date(2026, 3, 10)


def processes_of(data_dir: Path) -> list[str]:
    """Return the command lines of living processes that mention the data directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if str(data_dir) in command and state != "Z":
                found.append(command)
    return found


def roles_of(data_dir: Path) -> dict[str, str]:
    """Return as whom each process is connected to its database."""
    connected = """
        SELECT string_agg(DISTINCT application_name || ' ' || usename, ',') FROM pg_stat_activity
        WHERE application_name ~ '^(entries|balances)-'
    """
    found = query(load_environment(data_dir)["FLUXO_ENTRIES_DATABASE_URL"], connected)
    return dict(each.split(" ") for each in found.split(","))


def test_neither_ctrl_c_nor_a_kill_of_the_supervisor_leaves_a_process_or_loses_an_entry(own_system):
    own_system.start()
    merchant = own_system.merchant("padaria")
    entries = [merchant.record("credit", f"{number}.00", DAY) for number in range(1, 21)]
    before = merchant.day(DAY, after=entries[-1]["id"])
    pids = [process["pid"] for process in own_system.status()["processes"]]
    assert roles_of(own_system.data_dir) == {
        "entries-api-1": "fluxo_entries_api",
        "entries-relay-1": "fluxo_entries_app",
        "balances-api-1": "fluxo_balances_api",
        "balances-projector-1": "fluxo_balances_app",
    }

    assert own_system.stop(signal.SIGINT) == 0

    assert processes_of(own_system.data_dir) == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    own_system.start()
    assert own_system.merchant("padaria").day(DAY) == before

    entries += [merchant.record("debit", f"{number}.00", DAY) for number in range(1, 21)]
    own_system.process.kill()
    own_system.process.wait()

    own_system.until(lambda: processes_of(own_system.data_dir) == [])
    own_system.start()
    day = own_system.merchant("padaria").day(DAY, after=entries[-1]["id"])
    assert (before["closing_balance"], day["closing_balance"], day["entry_count"]) == ("210.00", "0.00", 40)
    assert own_system.merchant("padaria").entries(limit=100) == entries[::-1]


def test_a_second_up_on_the_same_directory_is_refused_in_one_sentence(system):
    second = system.cli("up", "--port-base", str(system.port_base + 40))

    assert second.returncode == 3
    assert "already" in (second.stderr + second.stdout)
    assert "Traceback" not in second.stderr
    assert system.ready()


def test_a_busy_port_is_named(own_system):
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", own_system.port_base + 2))
        squatter.listen()
        refused = own_system.cli("up", "--port-base", str(own_system.port_base))

    assert refused.returncode == 4
    assert str(own_system.port_base + 2) in (refused.stderr + refused.stdout)
    assert processes_of(own_system.data_dir) == []


def test_status_tells_every_process_and_where_to_reach_the_services(system):
    status = system.status()

    assert status["ready"] is True
    assert status["urls"]["entries"] == system.entries_url
    assert status["urls"]["balances"] == system.balances_url
    assert status["urls"]["dashboard"] == f"http://127.0.0.1:{system.port_base}"
    assert {process["name"] for process in status["processes"]} == {
        "postgres",
        "valkey-streams",
        "valkey-cache",
        "entries-api-1",
        "entries-relay-1",
        "balances-api-1",
        "balances-projector-1",
        "dashboard-1",
    }
    assert all(process["ready"] and process["pid"] > 0 for process in status["processes"])
