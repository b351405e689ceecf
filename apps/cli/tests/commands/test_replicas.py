"""How many replicas `up` and `scale` take, and what they refuse before anything changes."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from fluxo_cli.commands import up
from fluxo_cli.operations import replicas
from fluxo_local.connections import Limit, connections_needed
from fluxo_local.runtime import ProcessState, SystemState, save_environment, save_state, sole_supervisor
from fluxo_local.supervision import scaling

from tests.harness.databases import empty_database, url_of

pytestmark = pytest.mark.anyio

URLS = {
    "FLUXO_ENTRIES_DATABASE_URL": "postgresql://app@db.example/entries",
    "FLUXO_BALANCES_DATABASE_URL": "postgresql://app@db.example/balances",
}


@pytest.fixture
def started(monkeypatch) -> list[int]:
    """How many instances of the entries API each `fluxo up` would have started."""
    counts: list[int] = []

    def supervise(planned, *_):
        counts.append(sum(child.name.startswith("entries-api-") for child in planned.services))

    monkeypatch.setattr(up, "_supervise", supervise)
    monkeypatch.setattr(up, "refuse_busy_ports", lambda *_, **__: None)
    return counts


@pytest.fixture
def cores(monkeypatch):
    """Give the machine so many, and nginx."""
    monkeypatch.setattr("fluxo_local.nginx.shutil.which", lambda *_, **__: "/usr/sbin/nginx")
    return lambda count: monkeypatch.setattr(replicas, "usable_cores", lambda: count)


@pytest.fixture
def server_allows(monkeypatch):
    """Name a server by URL, which allows so many connections."""

    def allow(count: int) -> None:
        for variable, url in URLS.items():
            monkeypatch.setenv(variable, url)
        limit = Limit(("server",), count, "PostgreSQL at db.example", "restart it with max_connections =", reserved=3)
        monkeypatch.setattr("fluxo_cli.operations.connection_limits._limits", lambda _: iter([limit]))

    return allow


@pytest.mark.parametrize(("machine", "expected"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8), (64, 8)])
def test_without_a_number_there_are_as_many_as_half_of_the_cores(fluxo, started, cores, machine, expected):
    cores(machine)
    said = [fluxo("up"), fluxo("up", "--replicas", "auto")]
    assert started == [expected, expected]
    sentence = f"{expected} replicas of each, for {machine} cores.\n" if expected > 1 else ""
    assert [outcome.err for outcome in said] == [sentence, sentence]


def test_a_number_is_that_number(fluxo, started, cores):
    cores(16)
    for number in ("1", "3"):
        assert fluxo("up", "--replicas", number).err == ""
    assert started == [1, 3]
    for wrong in ("0", "-1", "many", "1.5"):
        assert fluxo("up", "--replicas", wrong).exit_status == 2
    assert started == [1, 3]


def test_without_a_balancer_there_is_one_and_the_command_says_so(fluxo, started, cores, monkeypatch):
    cores(16)
    monkeypatch.setattr("fluxo_local.nginx.shutil.which", lambda *_, **__: None)
    outcome = fluxo("up")
    assert (outcome.exit_status, started) == (0, [1])
    assert "One replica of each, where 16 cores would do for 8" in outcome.err
    assert "nginx is not on this machine: install it" in outcome.err


def test_there_are_no_more_than_a_server_of_ones_own_has_connections_for(fluxo, started, cores, server_allows):
    cores(16)
    server_allows(connections_needed(3))
    outcome = fluxo("up")
    assert (outcome.exit_status, started) == (0, [3])
    assert f"For 8: PostgreSQL at db.example allows {connections_needed(3)} connections" in outcome.err
    assert f"max_connections = {connections_needed(8)}." in outcome.err
    server_allows(connections_needed(1) - 50)
    fluxo("up")
    assert started == [3, 1]


@pytest.mark.parametrize("wanted", [6, 50])
def test_more_than_a_server_of_ones_own_has_connections_for_are_not_started(
    fluxo, started, cores, server_allows, wanted
):
    cores(16)
    server_allows(connections_needed(2))
    outcome = fluxo("up", "--replicas", str(wanted))
    assert (outcome.exit_status, started) == (2, [])
    assert f"no room for {wanted} replicas" in outcome.err
    assert "2 would fit" in outcome.err
    assert f"PostgreSQL at db.example allows {connections_needed(2)} connections (3 of them reserved)" in outcome.err
    assert f"max_connections = {connections_needed(wanted)}" in outcome.err
    assert ("ports for 20 of each" in outcome.err) == (wanted == 50)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """Two replicas behind a balancer, with servers given by URL."""
    data_dir = tmp_path / "data"
    names = ("nginx", "entries-api-1", "entries-api-2", "balances-api-1", "balances-api-2")
    with sole_supervisor(data_dir):
        processes = tuple(ProcessState(name=name, pid=2, ready=True, port=8001) for name in names)
        save_state(data_dir, SystemState(supervisor_pid=1, ready=True, urls={}, processes=processes))
        save_environment(data_dir, URLS)
        yield data_dir


@pytest.mark.parametrize("wanted", [3, 50])
def test_a_running_system_is_not_asked_for_more_than_there_are_connections_for(fluxo, running, server_allows, wanted):
    server_allows(connections_needed(2))
    outcome = fluxo("scale", str(wanted))
    assert outcome.exit_status == 2
    assert f"no room for {wanted} replicas, and nothing was changed" in outcome.err
    assert f"max_connections = {connections_needed(wanted)}" in outcome.err
    assert not scaling.is_asked_for(running)


def test_the_embedded_server_is_not_asked_for_it_has_room(fluxo, running, monkeypatch):
    monkeypatch.setattr(scaling, "ask_for", lambda *_: pytest.fail("it was changed"))
    (state,) = running.glob("state.json")
    told = json.loads(state.read_text())
    told["processes"].append({"name": "postgres", "pid": 3, "ready": True, "port": 8003})
    state.write_text(json.dumps(told))
    save_environment(running, {"FLUXO_ENTRIES_DATABASE_URL": "postgresql://app:pw@127.0.0.1:8003/fluxo_entries"})
    outcome = fluxo("scale", "50")
    assert outcome.exit_status == 2
    assert (
        f"has room for the {connections_needed(20)} connections of so many, not for {connections_needed(50):,}"
        in outcome.err
    )


def test_fewer_are_asked_for_however_few_connections_there_are(fluxo, running, server_allows, monkeypatch):
    server_allows(10)

    def refuse(*_):
        raise SystemExit("asked")

    monkeypatch.setattr(scaling, "ask_for", refuse)
    assert fluxo("scale", "1").exit_status == 1


async def test_a_real_server_says_what_it_its_databases_and_its_roles_allow(fluxo, monkeypatch, postgres_url, cores):
    """As one role with a limit, by two names of the server, and as its superuser, whom no limit holds."""
    # Not the server's first database: `up` shuts that one, and another test may have had this server do so.
    async with empty_database(postgres_url, "limits") as (admin_url, role):
        connection = await asyncpg.connect(admin_url)
        most, reserved = [
            int(await connection.fetchval(f"SHOW {name}"))
            for name in ("max_connections", "superuser_reserved_connections")
        ]
        await connection.execute(f"ALTER ROLE {role} LOGIN PASSWORD 'pw' CONNECTION LIMIT 90")
        await connection.close()
        database = urlsplit(admin_url).path.removeprefix("/")
        monkeypatch.setenv("FLUXO_ENTRIES_DATABASE_URL", url_of(admin_url, database, role, "pw"))
        monkeypatch.setenv("FLUXO_BALANCES_DATABASE_URL", admin_url.replace("127.0.0.1", "localhost"))
        cores(16)
        refused = fluxo("up", "--replicas", "50")
        assert refused.exit_status == 2
        server, of_role, _ports = refused.err.splitlines()[1:]
        assert f"allows {most} connections ({reserved} of them reserved)" in server
        assert f"max_connections = {connections_needed(50)}." in server
        assert f'allows 90 connections, and 1,384 are needed: ALTER ROLE "{role}" CONNECTION LIMIT 1384.' in of_role
        monkeypatch.setattr("fluxo_cli.operations.diagnosis.usable_cores", lambda: 16)
        found = {each["subject"]: each for each in json.loads(fluxo("doctor", "--json").out)}
        assert found["Connections"]["status"] == "warn"
        assert "too few for 8 replicas, for 16 cores" in found["Connections"]["detail"]
        assert f'ALTER ROLE "{role}" CONNECTION LIMIT 250.' in found["Connections"]["detail"]
