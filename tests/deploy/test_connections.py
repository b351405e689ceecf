"""Connections to PostgreSQL: what processes open at most, what documents say, and what servers have room for."""

import asyncio
import importlib
import re

import pytest
import yaml
from fluxo_chassis.postgres import Notifications
from fluxo_chassis.postgres.pool import Pool
from fluxo_entries.adapters.postgres.commit_connection import CommitConnection
from fluxo_local.connections import COMMANDS, OWNER, RESERVED, connections_needed, taken
from fluxo_local.services import REPLICATED, SERVICES, Service
from fluxo_local.settings import Settings
from fluxo_local.topology import REPLICAS_MAX, topology

from tests.deploy.dockerfile import ROOT
from tests.deploy.told import PROCESSES

pytestmark = pytest.mark.anyio

PROCESS = pytest.mark.parametrize(
    ("service", "role"), REPLICATED, ids=[f"{service.name}-{role}" for service, role in REPLICATED]
)
NOBODY = "127.0.0.1:1"


@PROCESS
async def test_a_process_opens_as_many_as_it_is_counted_with(service: Service, role: str, monkeypatch):
    opened = []

    def counted(kind: type, of):
        original = kind.__init__

        def count(self, *where, **how):
            opened.append(of(how))
            original(self, *where, **how)

        monkeypatch.setattr(kind, "__init__", count)

    async def served(*_arguments, **_options):
        pass

    counted(Pool, lambda how: how["max_size"])
    counted(Notifications, lambda _how: 1)
    counted(CommitConnection, lambda _how: 1)
    process = importlib.import_module(f"fluxo_{service.name}.bootstrap.{role}")
    monkeypatch.setattr(process, "serve", served)
    monkeypatch.setattr(process, "configure_logging", lambda *_arguments: None)
    monkeypatch.setenv(service.database_variable, f"postgresql://u:p@{NOBODY}/d")
    for server in ("STREAMS", "CACHE"):
        monkeypatch.setenv(f"FLUXO_{server}_URL", f"redis://{NOBODY}")
    monkeypatch.setenv("FLUXO_AUTH_JWKS_URL", "file:///nowhere")
    stop = asyncio.Event()
    stop.set()
    await getattr(process, f"run_{role}")(PROCESSES[f"{service.name}-{role}"](), stop)
    assert sum(opened) == service.connections[role]


@PROCESS
def test_the_page_for_operators_says_the_same(service: Service, role: str):
    title = f"{service.name} {role}".replace("api", "API")
    rows = dict(re.findall(r"(?m)^\| (\w+ \w+) \| (\d+)", (ROOT / "docs/operating/scale.md").read_text()))
    assert int(rows[title]) == service.connections[role]


def test_the_page_for_operators_says_what_is_taken_beside_them_and_what_it_comes_to():
    page = (ROOT / "docs/operating/scale.md").read_text()
    rows = dict(re.findall(r"(?m)^\| ([^|]+) \| (\d+)", page))
    one_more = sum(sum(service.connections.values()) for service in SERVICES)
    beside = {"one more of each process": one_more, "commands": COMMANDS, "owner": OWNER, "superuser": RESERVED}
    assert {what: int(next(n for name, n in rows.items() if name.startswith(what))) for what in beside} == beside
    sums = {
        int(replicas): [int(both), int(entries), int(balances)]
        for replicas, both, entries, balances in re.findall(
            r"(?m)^\| (\d+) replicas? \| (\d+) \| (\d+) \| (\d+) \|$", page
        )
    }
    assert {1, 2, REPLICAS_MAX} <= set(sums)
    for replicas, told in sums.items():
        apart = [sum(taken(service, replicas).values()) + RESERVED for service in SERVICES]
        assert told == [connections_needed(replicas), *apart]


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_embedded_server_has_room_for_all_that_may_be_started(replicas, tmp_path, monkeypatch):
    monkeypatch.setattr("fluxo_local.nginx.find_nginx", lambda: "/usr/sbin/nginx")
    may_be_started = 1 if replicas == 1 else REPLICAS_MAX  # `fluxo scale` needs the balancer
    planned = topology(Settings(), tmp_path, replicas=replicas)
    assert planned.postgres.max_connections == connections_needed(may_be_started)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_servers_of_chart_and_compose_have_room_for_the_most_that_is_scaled_to(service: Service):
    values = yaml.safe_load((ROOT / "deploy/helm/fluxo/values.yaml").read_text())
    of_role = {}
    for role, connections in service.connections.items():
        process = values[f"{service.name}{role.capitalize()}"]
        limits = process.get("autoscaling") or process.get("keda") or {"max": process["replicas"]}
        of_role[role] = limits["max"] * connections
    most, beside = sum(of_role.values()), sum(taken(service, 0).values()) + RESERVED
    chart = (ROOT / "deploy/helm/fluxo/templates/databases.yaml").read_text()
    script = (ROOT / "deploy/compose/postgres/create-database.sh").read_text()
    for limits in (re.findall(r"connectionLimit: (\d+)", chart), re.findall(r"CONNECTION LIMIT (\d+)", script)):
        app, api = map(int, limits)
        assert api >= of_role["api"]
        assert app >= most - of_role["api"]
        assert app + api < int(re.search(r'max_connections: "(\d+)"', chart)[1]), "the owner has room beside them"
    compose = yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text())["services"][f"{service.name}-db"]
    assert most + beside <= int(re.search(r'max_connections: "(\d+)"', chart)[1])
    assert most + beside <= int(re.search(r"max_connections=(\d+)", str(compose.get("command")))[1])
