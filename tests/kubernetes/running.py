"""The chart with pods that really run, on our images: killed, rolled and evicted while a merchant records and reads."""

import http.server
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx2
import pytest
from fluxo_local.embedded.databases import Role, ensure_database

from tests.deploy.containers.conftest import not_run
from tests.deploy.containers.recorder import Recorder
from tests.deploy.containers.stack import DAY, Desk
from tests.harness.databases import url_of
from tests.harness.ports import free_port
from tests.harness.waiting import until
from tests.kubernetes.node import HOST, NAME, Node, what_is_missing
from tests.kubernetes.release import PROCESSES, Release

pytestmark = pytest.mark.timeout(900)  # whoever is first waits for the images

READS_FAILED_MAX = 0.001
TRIES = 3
"""As an ingress controller sends a read to another pod when a connection breaks."""
OUTSIDE = {8001: ("entries-api", 30001), 8002: ("balances-api", 30002)}
SMALL = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}
"""What all of it asks for on two cores."""


@pytest.fixture(scope="module")
def node(engine, images, cluster, place) -> Iterator[Node]:
    if missing := what_is_missing():
        not_run(missing)
    pause = place / "pause"
    pause.mkdir()
    (pause / "Dockerfile").write_text('FROM stand-in/bookworm\nCMD ["sleep", "infinity"]\n')
    engine.docker("build", "--tag", "stand-in/pause:1", pause)
    node = Node(engine, cluster, place / "node")
    node.images("stand-in/pause:1", *images)
    yield node
    node.close()


@pytest.fixture(scope="module")
def issued(tmp_path_factory) -> Iterator[tuple[Desk, str]]:
    """A merchant's desk, and where the pods find the keys of its tokens."""
    folder = tmp_path_factory.mktemp("keys")
    desk = Desk(tmp_path_factory.mktemp("issuer"), {})
    shutil.copy(desk.issuer.jwks, folder / "jwks.json")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield desk, f"http://{HOST}:{server.server_port}/jwks.json"
        server.shutdown()


@pytest.fixture(scope="module")
def secret(postgres_url, streams_url, cache_url) -> dict[str, dict[str, str]]:
    """The secrets that the chart reads, with servers of this machine in them."""

    def there(url: str) -> str:
        return url.replace("127.0.0.1", HOST).replace("localhost", HOST)

    told = {"streams": {"url": there(streams_url)}, "cache": {"url": there(cache_url)}}
    told["dashboard"] = {"session-key": secrets.token_hex(16), "oidc-client-secret": "any"}
    for service in ("entries", "balances"):
        name = f"fluxo_{service}_{secrets.token_hex(4)}"
        roles = {role: Role(f"{name}_{role}", secrets.token_hex(8)) for role in ("owner", "app", "api")}
        ensure_database(postgres_url, name, *roles.values())
        told[f"{service}-db"] = {
            f"{key}-url": there(url_of(postgres_url, name, role.name, role.password)) for key, role in roles.items()
        }
    return told


class Running(Release):
    def __init__(self, node: Node, desk: Desk, keys: str, secret: dict[str, dict[str, str]]) -> None:
        super().__init__(node.cluster, "running")
        self.node, self.desk = node, desk
        for name, data in secret.items():
            made = {"metadata": {"name": f"fluxo-{name}"}, "stringData": data}
            self.cluster.make(f"/api/v1/namespaces/{self.name}/secrets", made)
        for port, (process, outside) in OUTSIDE.items():
            selector = {"app.kubernetes.io/instance": "fluxo", "app.kubernetes.io/component": process}
            ports = [{"port": port, "targetPort": "http", "nodePort": outside}]
            made = {"metadata": {"name": f"{process}-outside"}}
            made["spec"] = {"type": "NodePort", "selector": selector, "ports": ports}
            self.cluster.make(f"/api/v1/namespaces/{self.name}/services", made)
            desk.ports[port] = node.engine.published(outside)
        known = {"FLUXO_ENVIRONMENT": "development", "FLUXO_AUTH_ISSUER": "fluxo-development"}
        api = {"resources": SMALL, "extraEnv": known | {"FLUXO_AUTH_JWKS_URL": keys}}
        self._values = {"entriesApi": api, "balancesApi": api}
        for each in ("entriesRelay", "balancesProjector", "migrations"):
            self._values[each] = {"resources": SMALL}
        self._values["dashboard"] = {
            "url": "https://fluxo.example",
            "oidc": {"clientId": "fluxo"},
            "resources": SMALL,
        }

    def put(self, command: str, **values) -> None:
        self.helm(command, **self._values, **values)
        until(self.has_two_of_each, what="two pods of each process", every_s=0.5)

    def has_two_of_each(self) -> bool:
        return self.available() == dict.fromkeys(PROCESSES, 2)

    def of_process(self, name: str) -> dict[str, dict]:
        """Its pods that are not going."""
        return {
            key: pod
            for key, pod in self.pods().items()
            if pod["metadata"]["labels"]["app.kubernetes.io/component"] == name
            and "deletionTimestamp" not in pod["metadata"]
        }

    def evict(self, name: str) -> int:
        made = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        return self.cluster.api.post(f"/api/v1/namespaces/{self.name}/pods/{name}/eviction", json=made).status_code


@pytest.fixture(scope="module")
def running(node, issued, secret) -> Running:
    return Running(node, *issued, secret)


@pytest.fixture
def merchant(running) -> Iterator[httpx2.Client]:
    with running.desk.merchant() as client:
        yield client


class Reader:
    """Reads a day again and again, and counts what was not answered."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._over = desk, threading.Event()
        self.answered = self.failed = 0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self._desk.merchant() as merchant:
            while not self._over.wait(0.01):
                if self._read(merchant):
                    self.answered += 1
                else:
                    self.failed += 1

    def _read(self, merchant: httpx2.Client) -> bool:
        for _ in range(TRIES):
            try:
                url = f"http://127.0.0.1:{self._desk.ports[8002]}/v1/daily-balances/{DAY}"
                return merchant.get(url, timeout=5).status_code == 200
            except httpx2.TransportError:
                continue
        return False

    @contextmanager
    def running(self) -> Iterator["Reader"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join(60)


@contextmanager
def used(running: Running, merchant: httpx2.Client, record_property, name: str) -> Iterator[Recorder]:
    """What is done in here loses no acknowledged entry, and at most one read of a thousand."""
    before = running.desk.entries(merchant)
    with Reader(running.desk).running() as reader, Recorder(running.desk, name).running() as recorder:
        yield recorder
        recorder.until_more()
    expected = before + recorder.acknowledged
    until(lambda: running.desk.entries(merchant) >= expected, what="every acknowledged entry", every_s=0.5)
    assert running.desk.entries(merchant) == running.desk.listed(merchant) == expected
    reads = reader.answered + reader.failed
    entries = f"{recorder.acknowledged} entries acknowledged, {recorder.refused} tries refused"
    record_property(name, f"{entries}, {reader.failed} of {reads} reads failed")
    assert reader.failed <= READS_FAILED_MAX * reads


def test_it_is_installed_and_an_entry_is_a_balance(running, merchant, record_property):
    known = running.cluster.listed("/api/v1/nodes")[NAME]["status"]["nodeInfo"]
    names = ("kubeletVersion", "containerRuntimeVersion", "osImage")
    record_property("node", ", ".join(f"{name} {known[name]}" for name in names))
    since = time.monotonic()
    running.put("install")
    record_property("installed", f"two pods of each process ready in {time.monotonic() - since:.0f} s")
    recorded = running.desk.record(merchant, "first")
    assert recorded
    assert running.desk.entries(merchant, recorded) == 1


def test_every_pod_may_be_killed(running, merchant, record_property):
    with used(running, merchant, record_property, "killed") as recorder:
        for process in sorted(PROCESSES):
            for name, pod in running.of_process(process).items():
                (container,) = pod["status"]["containerStatuses"]
                running.node.kill(container["containerID"].removeprefix("containerd://"))
                until(lambda name=name: restarted(running.pods()[name]), what=f"{name} runs again", every_s=0.5)
                recorder.until_more()


def restarted(pod: dict) -> bool:
    (container,) = pod["status"]["containerStatuses"]
    return container["restartCount"] == 1 and container["ready"]


def test_an_upgrade_rolls(running, merchant, record_property):
    before = {name for process in PROCESSES for name in running.of_process(process)}
    with used(running, merchant, record_property, "rolled"):
        running.put("upgrade", podLabels={"team": "ledger"})
        until(lambda: before.isdisjoint(running.pods()), what="new pods alone", every_s=0.5)


def test_evictions_keep_to_the_budgets(running, merchant, record_property):
    with used(running, merchant, record_property, "evicted"):
        for process in sorted(PROCESSES):
            one, other = running.of_process(process)
            assert (running.evict(one), running.evict(other)) == (201, 429)
            until(lambda other=other: running.evict(other) == 201, what=f"room to evict {other}", every_s=0.5)
            until(running.has_two_of_each, what="two pods of each process", every_s=0.5)
