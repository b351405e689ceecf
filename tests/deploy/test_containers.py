"""The containers of compose.yaml as processes of this machine.

Each is started by its own command, in the environment that its image and compose give it, from what the Dockerfile
installs. Only names are others: a host of the network becomes an address and a port here. Where we are root they also
get what an engine would give them: a read-only root, a numeric user, no rights. Networks and limits are not there.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import redis
from fluxo_local.issuer import DevelopmentIssuer

from tests.deploy.dockerfile import image
from tests.deploy.host import Host, answers, database, until
from tests.deploy.operator import SECRET, filled
from tests.harness.ports import free_port

PROCESSES = ("entries-api", "entries-relay", "balances-api", "balances-projector", "dashboard")
SCOPES = ("entries:read", "entries:write", "balances:read")
DAY = "2026-03-10"


@pytest.fixture(scope="module")
def host(composed, app, postgres_url, tmp_path_factory) -> Iterator[Host]:
    """Everything that compose would start, without nginx."""
    directory = tmp_path_factory.mktemp("host")
    env = filled(AUTH_JWKS_URL="file:///etc/fluxo/jwks.json", AUTH_ISSUER="fluxo-development")
    keys = DevelopmentIssuer(directory / "issuer").jwks
    model = composed(env, ("compose.yaml", "compose.dev.yaml"))
    # The page as in production, at a provider that does not answer; none is started for development.
    model["services"]["dashboard"] = composed()["services"]["dashboard"]
    host = Host(model, app, directory, keys)
    with database(host, postgres_url, "entries-db"), database(host, postgres_url, "balances-db"):
        try:
            for name in ("streams", "cache"):
                host.valkey(name)
            for name in ("entries-migrate", "balances-migrate"):
                assert host.run(name) == 0, name
            for name in PROCESSES:
                host.start(name)
            for name, ports in host.ports.items():
                for port in ports:
                    until(lambda port=port: answers(f"http://127.0.0.1:{port}/health/ready"), f"{name} is ready")
            yield host
        except AssertionError as error:
            raise AssertionError(f"{error}\n{host.logs()}") from error
        finally:
            host.close()


@pytest.fixture(scope="module")
def merchant(host) -> httpx2.Client:
    token = DevelopmentIssuer(host.directory / "issuer").token(
        "padaria", scopes=SCOPES, role="owner", subject="test", lifetime=timedelta(hours=1)
    )
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
        yield client


def record(merchant: httpx2.Client, port: int, key: str, tries: int = 1) -> dict:
    body = {"direction": "credit", "amount": "1.00", "business_date": DAY, "description": "Venda"}
    for _ in range(tries):
        answer = merchant.post(f"http://127.0.0.1:{port}/v1/entries", json=body, headers={"Idempotency-Key": key})
        if answer.status_code != 502:
            break
    assert answer.status_code == 201, answer.text
    return answer.json()


def closing_balance(merchant: httpx2.Client, port: int, after: dict) -> str:
    answer = merchant.get(f"http://127.0.0.1:{port}/v1/daily-balances/{DAY}", params={"after_entry": after["id"]})
    assert answer.status_code == 200, answer.text
    return answer.json()["closing_balance"]


def test_an_entry_at_one_instance_is_a_balance_at_the_others(host, merchant):
    first, second = host.ports["entries-api"]
    record(merchant, first, "at-the-first")
    entry = record(merchant, second, "at-the-second")
    assert [closing_balance(merchant, port, entry) for port in host.ports["balances-api"]] == ["2.00", "2.00"]


@pytest.mark.parametrize("name", PROCESSES)
def test_the_healthcheck_of_the_image_tells_a_process_that_lives_from_one_that_does_not(host, name):
    healthcheck = image(host.services[name]["build"]["target"]).healthcheck
    exits = [host.run(name, *healthcheck, FLUXO_PORT=str(port)) for port in (host.ports[name][0], free_port())]
    assert exits == [0, 1]


def test_a_process_that_takes_connections_and_never_answers_is_not_healthy(host):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        healthcheck, port = image("entries").healthcheck, str(mute.getsockname()[1])
        assert host.run("entries-api", *healthcheck, FLUXO_PORT=port) > 0


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_is_content_with_a_read_only_root_and_no_rights(host, name):
    if not host.confines:
        pytest.skip("only root can confine a process as an engine does")
    (process, *_) = host.running[name]
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    assert set(status["Uid"].split()) == {image(host.services[name]["build"]["target"]).user.split(":")[0]}
    assert (status["CapEff"], status["CapBnd"], status["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1")
    assert process.poll() is None
    touched = {place: host.run(name, "sh", "-c", f"touch {place}/file") for place in ("/", "/app", "/etc", "/tmp")}  # noqa: S108
    assert [place for place, exit_code in touched.items() if exit_code == 0] == ["/tmp"]  # noqa: S108


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("streams", {"appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}),
        ("cache", {"appendonly": "no", "maxmemory-policy": "allkeys-lru", "save": ""}),
    ],
)
def test_valkey_keeps_events_and_forgets_answers_and_asks_for_its_password(host, name, expected):
    place = host.places[f"{name}:6379"]
    with redis.Redis.from_url(f"redis://:{SECRET}@{place}/0", decode_responses=True) as client:
        assert client.config_get(*expected) == expected
    with redis.Redis.from_url(f"redis://{place}/0") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    argv = [
        cmdline.read_bytes()
        for cmdline in Path("/proc").glob("[0-9]*/cmdline")
        if place[-5:].encode() in _read(cmdline)
    ]
    assert SECRET.encode() not in b"".join(argv)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_behind_nginx_an_instance_of_each_may_stop_and_every_entry_counts_once(host, merchant):
    """A read goes to the other instance. A write may be answered 502; only its client repeats it, with its key."""
    ports = host.nginx(host.ports)
    assert merchant.get(f"http://127.0.0.1:{ports[8001]}/metrics").status_code == 404
    before = int(float(closing_balance(merchant, ports[8002], record(merchant, ports[8001], "before"))))

    for name in ("entries-api", "balances-api"):
        host.running[name][0].terminate()
    for number in range(50):
        last = record(merchant, ports[8001], f"while-{number}", tries=3)
        read = merchant.get(f"http://127.0.0.1:{ports[8002]}/v1/daily-balances/2026-03-{number % 28 + 1:02}")
        assert read.status_code == 200, read.text

    assert closing_balance(merchant, ports[8002], last) == f"{before + 50}.00"
    assert [host.running[name][0].wait(15) for name in ("entries-api", "balances-api")] == [0, 0]


def test_the_page_is_reached_through_nginx_under_its_own_name_with_all_that_it_is_made_of(host):
    """Templates, catalogue and static files are in the image; the name is what browsers know it by."""
    place = f"http://127.0.0.1:{host.nginx(host.ports)[8000]}"
    with httpx2.Client(headers={"Host": "fluxo.example"}, timeout=10) as browser:
        page = browser.get(f"{place}/sign-in")
        assert (page.status_code, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
        assert '<html lang="pt-BR"' in page.text
        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert {browser.get(place + file).status_code for file in files} == {200}
        assert browser.get(f"{place}/metrics").status_code == 404
    assert httpx2.get(f"{place}/sign-in").status_code == 421


class Mute:
    """An instance that takes a request and dies before it answers."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.taken.append(connection.recv(65_536).split(b" ", 1)[0].decode())

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.mark.parametrize(
    ("method", "key", "sent"), [("GET", "", 3), ("POST", "", 1), ("PATCH", "", 1), ("POST", "k", 3)]
)
def test_nginx_asks_another_instance_only_what_changes_nothing_or_has_its_key(host, method, key, sent):
    with ExitStack() as stack:
        instances = [stack.enter_context(closing(Mute())) for _ in range(2)]
        mute = [instance.port for instance in instances]
        ports = host.nginx({"entries-api": mute, "balances-api": mute})

        headers = {"Idempotency-Key": key} if key else {}
        answer = httpx2.request(method, f"http://127.0.0.1:{ports[8001]}/v1/entries", headers=headers, timeout=10)

        assert answer.status_code == 502
        assert [taken for instance in instances for taken in instance.taken] == [method] * sent
