import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fluxo_cli.__main__ import app_for, main
from fluxo_cli.operations import diagnosis
from fluxo_local.runtime import ProcessState, SystemState, save_environment, save_state, sole_supervisor
from typer.testing import CliRunner


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("FLUXO_")]:
        monkeypatch.delenv(name)


def _main(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fluxo", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "command",
    [
        *("up", "status", "restart", "log-level", "token", "doctor", "verify", "backup", "restore", "bench"),
        *("entries import", "entries export", "balances export"),
    ],
)
def test_the_help_of_a_command_shows_how_to_use_it(command: str):
    result = CliRunner().invoke(app_for(command.split(maxsplit=1)[0]), [*command.split(), "--help"])
    assert result.exit_code == 0
    assert f"fluxo {command}" in result.output
    assert "--data-dir" in result.output


def test_status_of_nothing_says_how_to_start_it(monkeypatch, tmp_path: Path, capsys):
    assert _main(monkeypatch, "status", "--data-dir", str(tmp_path)) == 1
    assert "fluxo up" in capsys.readouterr().err


def test_status_shows_what_runs(monkeypatch, tmp_path: Path, capsys, system_state):
    with sole_supervisor(tmp_path):
        save_state(tmp_path, system_state)
        assert _main(monkeypatch, "status", "--data-dir", str(tmp_path)) == 0
        assert "entries-api-1" in capsys.readouterr().out
        assert _main(monkeypatch, "status", "--json", "--data-dir", str(tmp_path)) == 0
        assert json.loads(capsys.readouterr().out) == {
            "ready": True,
            "urls": {"entries": "http://127.0.0.1:8001"},
            "processes": [{"name": "entries-api-1", "pid": 2, "ready": True}],
        }


def test_status_tells_prometheus_where_the_processes_are(monkeypatch, tmp_path: Path, capsys, system_state):
    servers = (ProcessState(name="postgres", pid=3, ready=True, port=8003),)
    with sole_supervisor(tmp_path):
        save_state(tmp_path, replace(system_state, processes=system_state.processes + servers))
        assert _main(monkeypatch, "status", "--targets", "--data-dir", str(tmp_path)) == 0
        assert json.loads(capsys.readouterr().out) == [
            {"targets": ["127.0.0.1:8001"], "labels": {"job": "entries-api", "instance": "entries-api-1"}}
        ]


def test_only_services_that_run_can_be_restarted(monkeypatch, tmp_path: Path, capsys, system_state):
    assert _main(monkeypatch, "restart", "--data-dir", str(tmp_path)) == 1
    assert "fluxo up" in capsys.readouterr().err
    with sole_supervisor(tmp_path):
        save_state(tmp_path, system_state)
        assert _main(monkeypatch, "restart", "postgres", "nobody", "--data-dir", str(tmp_path)) == 1
        assert "no service postgres, nobody; there are entries-api-1." in capsys.readouterr().err


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Start a process of Python source that says when it is ready; it is ended in the end."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(source: str) -> subprocess.Popen[bytes]:
        program = f"import signal, time\n{source}\nprint('ready', flush=True)\nwhile True: time.sleep(0.05)"
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        begun.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("level", "number"), [("debug", signal.SIGUSR1), ("configured", signal.SIGUSR2)])
def test_a_level_is_asked_for_by_a_signal(monkeypatch, tmp_path: Path, capsys, system_state, listener, level, number):
    process = listener(f"import os; signal.signal({int(number)}, lambda *_: os._exit(9))")
    with sole_supervisor(tmp_path):
        save_state(tmp_path, _with_pid(system_state, process.pid))
        assert _main(monkeypatch, "log-level", level, "--data-dir", str(tmp_path)) == 0
    assert process.wait(60) == 9
    assert "entries-api-1 logs" in capsys.readouterr().out


def test_a_process_that_does_not_know_the_signal_yet_is_spared_it(
    monkeypatch, tmp_path: Path, capsys, system_state, listener
):
    process = listener("")
    with sole_supervisor(tmp_path):
        save_state(tmp_path, _with_pid(system_state, process.pid))
        assert _main(monkeypatch, "log-level", "debug", "--data-dir", str(tmp_path)) == 1
    assert "entries-api-1 cannot be told yet" in capsys.readouterr().err
    assert process.poll() is None


def _with_pid(state: SystemState, pid: int) -> SystemState:
    return replace(state, processes=tuple(replace(process, pid=pid) for process in state.processes))


def test_only_services_can_be_told_a_level(monkeypatch, tmp_path: Path, capsys, system_state):
    with sole_supervisor(tmp_path):
        save_state(tmp_path, system_state)
        assert _main(monkeypatch, "log-level", "debug", "postgres", "--data-dir", str(tmp_path)) == 1
    assert "no service postgres; there are entries-api-1." in capsys.readouterr().err


def test_more_replicas_than_one_without_nginx_are_refused_with_what_to_install(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr("fluxo_local.nginx.shutil.which", lambda *_, **__: None)
    assert _main(monkeypatch, "up", "--replicas", "2", "--data-dir", str(tmp_path)) == 2
    assert "nginx is not on this machine: install it" in capsys.readouterr().err


def test_a_healthy_machine_passes_the_check_up(monkeypatch, tmp_path: Path, capsys):
    _main(monkeypatch, "doctor", "--json", "--data-dir", str(tmp_path))
    findings = {finding["subject"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["PostgreSQL"]["status"] == "ok"
    assert findings["Valkey"]["status"] == "ok"


def test_the_check_up_names_a_server_out_of_reach(monkeypatch, tmp_path: Path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("FLUXO_STREAMS_URL", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        monkeypatch.setenv("FLUXO_CACHE_URL", "redis://:s3cret@127.0.0.1:1/0")
        assert _main(monkeypatch, "doctor", "--json", "--data-dir", str(tmp_path)) == 1
    shown = capsys.readouterr().out
    findings = {finding["subject"]: finding["status"] for finding in json.loads(shown)}
    assert findings["FLUXO_STREAMS_URL"] == "ok"
    assert findings["FLUXO_CACHE_URL"] == "fail"
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("allowed", "waiting", "status", "detail"),
    [
        ("0", [], "ok", "max_prepared_transactions is 0"),
        ("5", [], "warn", "max_prepared_transactions is 5"),
        ("5", ["'x' in shop since yesterday"], "fail", "waiting: 'x' in shop since yesterday"),
    ],
)
def test_the_check_up_finds_forgotten_prepared_transactions(
    monkeypatch, tmp_path: Path, capsys, allowed, waiting, status, detail
):
    answers = {diagnosis._PREPARED_MAX: [allowed], diagnosis._PREPARED: waiting}
    monkeypatch.setattr(diagnosis.Psql, "__enter__", lambda psql: psql)
    monkeypatch.setattr(diagnosis.Psql, "__exit__", lambda *_: None)
    monkeypatch.setattr(diagnosis.Psql, "run", lambda _, statement: answers[statement])
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", "postgresql://127.0.0.1:1/entries")
    _main(monkeypatch, "doctor", "--json", "--data-dir", str(tmp_path))
    findings = {finding["subject"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert (findings["Prepared transactions"]["status"], findings["Prepared transactions"]["detail"]) == (
        status,
        detail,
    )


def test_the_check_up_asks_a_real_server_for_them(monkeypatch, tmp_path: Path, capsys, postgres_url):
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", postgres_url)
    _main(monkeypatch, "doctor", "--json", "--data-dir", str(tmp_path))
    findings = {finding["subject"]: finding["detail"] for finding in json.loads(capsys.readouterr().out)}
    assert findings["Prepared transactions"].startswith("max_prepared_transactions is ")


def test_the_check_up_reads_the_key_set(monkeypatch, tmp_path: Path, capsys):
    key_set = tmp_path / "jwks.json"
    key_set.write_text('{"keys": [{}]}')
    for url, expected in ((key_set.as_uri(), "ok"), ((tmp_path / "none.json").as_uri(), "fail")):
        monkeypatch.setenv("FLUXO_AUTH_JWKS_URL", url)
        _main(monkeypatch, "doctor", "--json", "--data-dir", str(tmp_path / "data"))
        findings = {finding["subject"]: finding["status"] for finding in json.loads(capsys.readouterr().out)}
        assert findings["FLUXO_AUTH_JWKS_URL"] == expected


@pytest.mark.parametrize(
    ("arguments", "package", "role"),
    [
        (("entries", "api"), "fluxo_entries", "api"),
        (("entries", "relay"), "fluxo_entries", "relay"),
        (("entries", "migrate"), "fluxo_entries", "migrate"),
        (("balances", "api"), "fluxo_balances", "api"),
        (("balances", "projector"), "fluxo_balances", "projector"),
        (("balances", "migrate"), "fluxo_balances", "migrate"),
    ],
)
def test_one_process_of_a_service_takes_this_ones_place(monkeypatch, tmp_path: Path, arguments, package, role):
    became = []
    monkeypatch.setattr("fluxo_cli.commands.services.os.execve", lambda *call: became.append(call))
    save_environment(tmp_path, {"FLUXO_STREAMS_URL": "redis://kept", "FLUXO_CACHE_URL": "redis://kept"})
    monkeypatch.setenv("FLUXO_CACHE_URL", "redis://given")
    _main(monkeypatch, *arguments, "--data-dir", str(tmp_path))
    ((_, argv, environment),) = became
    assert argv[1:] == ["-m", package, role]
    assert environment["FLUXO_STREAMS_URL"] == "redis://kept"
    assert environment["FLUXO_CACHE_URL"] == "redis://given"
