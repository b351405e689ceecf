import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
from fluxo_cli.__main__ import app_for
from fluxo_cli.operations import diagnosis, given_servers
from fluxo_local.runtime import ProcessState, SystemState, save_environment, save_state, sole_supervisor
from typer.testing import CliRunner


@pytest.fixture
def save_running(tmp_path: Path) -> Iterator[Callable[[SystemState], None]]:
    """Put down the state of a system that runs on the data directory."""
    with sole_supervisor(tmp_path / "data"):
        yield partial(save_state, tmp_path / "data")


@pytest.mark.parametrize(
    "command",
    [
        *(
            "up",
            "status",
            "restart",
            "log-level",
            "token",
            "doctor",
            "verify",
            "backup",
            "restore",
            "bench",
            "open",
            "reconcile",
        ),
        *("entries import", "entries export", "balances export"),
        *("api-keys create", "api-keys list", "api-keys revoke"),
    ],
)
def test_the_help_of_a_command_shows_how_to_use_it(command: str):
    result = CliRunner().invoke(app_for(command.split(maxsplit=1)[0]), [*command.split(), "--help"])
    assert result.exit_code == 0
    assert f"fluxo {command}" in result.output
    assert "--data-dir" in result.output


def test_a_person_who_asks_for_help_is_told_which_fluxo_it_is(fluxo):
    assert fluxo("--version").out == f"fluxo {version('fluxo-cli')}\n"


def test_the_help_of_a_command_breaks_its_lines_where_the_terminal_ends_and_keeps_its_examples_as_they_are():
    wide = CliRunner().invoke(app_for("up"), ["up", "--help"], env={"COLUMNS": "500"}).output
    assert "name servers that already run. A process that dies or hangs is replaced. Data stay in" in wide
    examples = [line.strip() for line in wide.partition("Examples:")[2].splitlines()]
    assert examples[1:3] == ["fluxo up", "fluxo up --data-dir /tmp/try --port-base 9000 --replicas 2"]


@pytest.mark.parametrize(
    ("command", "status"), [("status", 1), ("restart", 1), ("verify", 3), ("rebuild", 3), ("open", 3)]
)
def test_where_nothing_runs_the_person_is_told_how_to_start_it(fluxo, command: str, status: int):
    outcome = fluxo(command)
    assert outcome.exit_status == status
    assert "fluxo up" in outcome.err


def test_status_shows_what_runs(fluxo, save_running, system_state):
    save_running(system_state)
    shown = fluxo("status")
    assert shown.exit_status == 0
    assert "entries-api-1" in shown.out
    told = fluxo("status", "--json")
    assert told.exit_status == 0
    assert json.loads(told.out) == {
        "ready": True,
        "urls": {"entries": "http://127.0.0.1:8001"},
        "processes": [{"name": "entries-api-1", "pid": 2, "ready": True}],
    }


PAGE = {
    "FLUXO_DASHBOARD_URL": "http://127.0.0.1:8000",
    "FLUXO_DASHBOARD_DEVELOPMENT_ISSUER": "below the data directory",
}


@pytest.fixture
def opened(fluxo, save_running, system_state, monkeypatch) -> list[str]:
    """What browsers were told to open, while a system runs."""
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    save_running(system_state)
    return addresses


def test_the_page_opens_in_a_browser_by_a_new_link_each_time(fluxo, opened, tmp_path: Path):
    save_environment(tmp_path / "data", PAGE)
    links = [fluxo("open", "--merchant", "padaria").out.strip() for _ in range(2)]
    assert opened == links
    assert all(link.startswith("http://127.0.0.1:8000/sign-in/link/") for link in links)
    kept = list((tmp_path / "data" / "issuer" / "links").iterdir())
    assert [link.read_text() for link in kept] == ["padaria", "padaria"]
    assert not any(link.name in "".join(links) for link in kept)


def test_a_link_can_be_printed_for_a_browser_elsewhere(fluxo, opened, tmp_path: Path):
    save_environment(tmp_path / "data", PAGE)
    assert "/sign-in/link/" in fluxo("open", "--print").out
    assert opened == []


def test_with_an_identity_provider_of_ones_own_the_page_opens_where_it_asks_to_sign_in(fluxo, opened, tmp_path: Path):
    save_environment(tmp_path / "data", {"FLUXO_DASHBOARD_URL": "https://caixa.example"})
    assert fluxo("open").out == "https://caixa.example\n"
    assert opened == ["https://caixa.example"]
    assert not (tmp_path / "data" / "issuer").exists()


def test_where_nobody_could_sign_in_the_person_is_told_what_to_set(fluxo, opened):
    outcome = fluxo("open")
    assert outcome.exit_status == 1
    assert "FLUXO_OIDC_ISSUER" in outcome.err
    assert opened == []


def test_status_tells_prometheus_where_the_processes_are(fluxo, save_running, system_state):
    servers = (ProcessState(name="postgres", pid=3, ready=True, port=8003),)
    save_running(replace(system_state, processes=system_state.processes + servers))
    told = fluxo("status", "--targets")
    assert told.exit_status == 0
    assert json.loads(told.out) == [
        {"targets": ["127.0.0.1:8001"], "labels": {"job": "entries-api", "instance": "entries-api-1"}}
    ]


@pytest.mark.parametrize("command", [("restart",), ("log-level", "debug")])
def test_only_services_that_run_can_be_asked(fluxo, save_running, system_state, command):
    save_running(system_state)
    outcome = fluxo(*command, "postgres", "nobody")
    assert outcome.exit_status == 1
    assert "no service postgres, nobody; there are entries-api-1." in outcome.err


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


def test_the_page_is_restarted_and_told_its_level_as_the_services_are(fluxo, save_running, system_state, listener):
    page = listener(f"import os; signal.signal({int(signal.SIGUSR1)}, lambda *_: os._exit(9))")
    process = ProcessState(name="dashboard-1", pid=page.pid, ready=True, port=8000)
    save_running(replace(system_state, processes=(*system_state.processes, process)))
    outcome = fluxo("log-level", "debug", "dashboard-1")
    assert (outcome.exit_status, outcome.out) == (0, "dashboard-1 logs from debug on.\n")
    assert page.wait(60) == 9
    told = fluxo("status", "--targets")
    assert {"targets": ["127.0.0.1:8000"], "labels": {"job": "dashboard", "instance": "dashboard-1"}} in json.loads(
        told.out
    )


@pytest.mark.parametrize(("level", "number"), [("debug", signal.SIGUSR1), ("configured", signal.SIGUSR2)])
def test_a_level_is_asked_for_by_a_signal(fluxo, save_running, system_state, listener, level, number):
    process = listener(f"import os; signal.signal({int(number)}, lambda *_: os._exit(9))")
    save_running(_with_pid(system_state, process.pid))
    outcome = fluxo("log-level", level)
    assert outcome.exit_status == 0
    assert process.wait(60) == 9
    assert "entries-api-1 logs" in outcome.out


def test_a_process_that_does_not_know_the_signal_yet_is_spared_it(fluxo, save_running, system_state, listener):
    process = listener("")
    save_running(_with_pid(system_state, process.pid))
    outcome = fluxo("log-level", "debug")
    assert outcome.exit_status == 1
    assert "entries-api-1 cannot be told yet" in outcome.err
    assert process.poll() is None


def _with_pid(state: SystemState, pid: int) -> SystemState:
    return replace(state, processes=tuple(replace(process, pid=pid) for process in state.processes))


def test_more_replicas_than_one_without_nginx_are_refused_with_what_to_install(fluxo, monkeypatch):
    monkeypatch.setattr("fluxo_local.nginx.shutil.which", lambda *_, **__: None)
    outcome = fluxo("up", "--replicas", "2")
    assert outcome.exit_status == 2
    assert "nginx is not on this machine: install it" in outcome.err


@pytest.fixture
def findings(fluxo) -> Callable[[], dict[str, str]]:
    """What the check-up says of each subject."""
    return lambda: {each["subject"]: each["status"] for each in json.loads(fluxo("doctor", "--json").out)}


def test_a_healthy_machine_passes_the_check_up(findings):
    found = findings()
    assert (found["PostgreSQL"], found["Valkey"], found["Events"]) == ("ok", "ok", "ok")
    assert found["Row-level security"] == "ok"


def test_the_check_up_names_each_port_that_is_taken(fluxo, free_ports):
    base = free_ports(6)
    with socket.create_server(("127.0.0.1", base)):
        outcome = fluxo("doctor", "--json", "--port-base", str(base))
    found = {finding["subject"]: finding for finding in json.loads(outcome.out)}
    assert (found["Ports"]["status"], found["Ports"]["detail"]) == ("fail", f"busy: {base} (dashboard)")


def test_the_check_up_names_a_server_out_of_reach(fluxo, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("FLUXO_STREAMS_URL", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        monkeypatch.setenv("FLUXO_CACHE_URL", "redis://:s3cret@127.0.0.1:1/0")
        outcome = fluxo("doctor", "--json")
    assert outcome.exit_status == 1
    found = {finding["subject"]: finding["status"] for finding in json.loads(outcome.out)}
    assert (found["FLUXO_STREAMS_URL"], found["FLUXO_CACHE_URL"], found["Events"]) == ("ok", "fail", "warn")
    assert "s3cret" not in outcome.out


@pytest.mark.parametrize(
    ("allowed", "waiting", "status", "detail"),
    [
        ("0", [], "ok", "max_prepared_transactions is 0"),
        ("5", [], "warn", "max_prepared_transactions is 5"),
        ("5", ["'x' in shop since yesterday"], "fail", "waiting: 'x' in shop since yesterday"),
    ],
)
def test_the_check_up_finds_forgotten_prepared_transactions(fluxo, monkeypatch, allowed, waiting, status, detail):
    monkeypatch.setattr(diagnosis, "claims", lambda _: [])
    answers = {given_servers._PREPARED_MAX: [allowed], given_servers._PREPARED: waiting}
    monkeypatch.setattr(given_servers.Psql, "__enter__", lambda psql: psql)
    monkeypatch.setattr(given_servers.Psql, "__exit__", lambda *_: None)
    monkeypatch.setattr(given_servers.Psql, "run", lambda _, statement: answers[statement])
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", "postgresql://127.0.0.1:1/entries")
    found = {finding["subject"]: finding for finding in json.loads(fluxo("doctor", "--json").out)}
    assert (found["Prepared transactions"]["status"], found["Prepared transactions"]["detail"]) == (status, detail)


def test_the_check_up_asks_a_real_server_for_them(fluxo, monkeypatch, postgres_url):
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", postgres_url)
    found = {finding["subject"]: finding["detail"] for finding in json.loads(fluxo("doctor", "--json").out)}
    assert found["Prepared transactions"].startswith("max_prepared_transactions is ")


def test_the_check_up_asks_the_primary_of_several_hosts(fluxo, monkeypatch, postgres_url):
    several = postgres_url.replace("@", "@127.0.0.1:1,") + "?target_session_attrs=primary"
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", several)
    found = {finding["subject"]: finding["detail"] for finding in json.loads(fluxo("doctor", "--json").out)}
    assert found["Server of FLUXO_ENTRIES_DATABASE_URL"] == "will do"
    assert found["Prepared transactions"].startswith("max_prepared_transactions is ")


def test_the_check_up_names_a_server_that_the_processes_would_refuse(fluxo, monkeypatch, postgres_url, cache_url):
    monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", postgres_url)
    monkeypatch.setenv("FLUXO_STREAMS_URL", cache_url)  # which may forget: it has a limit, and removes what is old
    monkeypatch.setenv("FLUXO_CACHE_URL", cache_url)
    found = {finding["subject"]: finding for finding in json.loads(fluxo("doctor", "--json").out)}
    streams, cache = found["Server of FLUXO_STREAMS_URL"], found["Server of FLUXO_CACHE_URL"]
    assert (streams["status"], cache["status"]) == ("fail", "ok")
    assert streams["detail"] == "its maxmemory-policy is allkeys-lru, which removes what it should keep"
    database = found["Server of FLUXO_ENTRIES_DATABASE_URL"]
    assert (database["status"], database["detail"]) == ("ok", "will do")


def test_the_check_up_says_that_an_api_has_no_role_of_its_own(findings, monkeypatch):
    monkeypatch.setenv("FLUXO_BALANCES_DATABASE_URL", "postgresql://app@127.0.0.1:1/balances")
    assert findings()["Row-level security"] == "warn"
    monkeypatch.setenv("FLUXO_BALANCES_API_DATABASE_URL", "postgresql://api@127.0.0.1:1/balances")
    assert findings()["Row-level security"] == "ok"


def test_the_check_up_finds_a_key_that_the_processes_would_refuse(findings, monkeypatch):
    monkeypatch.setenv("FLUXO_EVENTS_KEY", "k" * 32)
    monkeypatch.setenv("FLUXO_SEALS_KEY", f"{'k' * 32},short")
    found = findings()
    assert (found.get("FLUXO_EVENTS_KEY"), found["FLUXO_SEALS_KEY"]) == (None, "fail")


def test_the_check_up_reads_the_key_set(findings, monkeypatch, tmp_path: Path):
    key_set = tmp_path / "jwks.json"
    key_set.write_text('{"keys": [{}]}')
    for url, expected in ((key_set.as_uri(), "ok"), ((tmp_path / "none.json").as_uri(), "fail")):
        monkeypatch.setenv("FLUXO_AUTH_JWKS_URL", url)
        assert findings()["FLUXO_AUTH_JWKS_URL"] == expected


def test_the_check_up_asks_the_provider_where_people_sign_in(findings, monkeypatch, service):
    monkeypatch.setenv("FLUXO_OIDC_ISSUER", service.url)
    service.answers_with(200, {"issuer": service.url})
    assert findings()["FLUXO_OIDC_ISSUER"] == "ok"
    assert service.requests[0].path == "/.well-known/openid-configuration"
    for answer in ({"issuer": f"{service.url}/"}, {}, []):
        service.answers.clear()
        service.answers_with(200, answer)
        assert findings()["FLUXO_OIDC_ISSUER"] == "fail"


def test_the_check_up_says_that_nobody_could_sign_in(findings, monkeypatch, tmp_path: Path):
    assert "Page" not in findings()
    monkeypatch.setenv("FLUXO_AUTH_JWKS_URL", (tmp_path / "keys.json").as_uri())
    assert findings()["Page"] == "warn"


@pytest.mark.parametrize(
    ("service", "role"),
    [(service, role) for service in ("entries", "balances") for role in ("api", "migrate")]
    + [("entries", "relay"), ("balances", "projector")],
)
def test_one_process_of_a_service_takes_this_ones_place(fluxo, monkeypatch, tmp_path: Path, service: str, role: str):
    became = []
    monkeypatch.setattr("fluxo_cli.commands.services.os.execve", lambda *call: became.append(call))
    save_environment(tmp_path / "data", {"FLUXO_STREAMS_URL": "redis://kept", "FLUXO_CACHE_URL": "redis://kept"})
    monkeypatch.setenv("FLUXO_CACHE_URL", "redis://given")
    fluxo(service, role)
    ((_, argv, environment),) = became
    assert argv[1:] == ["-m", f"fluxo_{service}", role]
    assert environment["FLUXO_STREAMS_URL"] == "redis://kept"
    assert environment["FLUXO_CACHE_URL"] == "redis://given"


def test_the_page_takes_this_ones_place(fluxo, monkeypatch, tmp_path: Path):
    became = []
    monkeypatch.setattr("fluxo_cli.commands.services.os.execve", lambda *call: became.append(call))
    save_environment(tmp_path / "data", PAGE)
    fluxo("dashboard")
    ((_, argv, environment),) = became
    assert argv[1:] == ["-m", "fluxo_dashboard"]
    assert environment["FLUXO_DASHBOARD_URL"] == PAGE["FLUXO_DASHBOARD_URL"]
