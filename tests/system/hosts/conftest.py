"""Five hosts: two with services, one with nginx before them, one with the servers behind them, one with the clients."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx2
import pytest
import redis
from fluxo_cli.commands.verify import reconcile
from fluxo_cli.operations.reconciliation import Window
from fluxo_local.embedded import postgres
from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.errors import CommandError
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.nginx import Upstream, balancer, find_nginx
from fluxo_local.spawn import spawn, stop

sys.path.insert(0, str(Path(__file__).parent))

from load import DAY, Load
from namespaces import Host, Network, obstacle

PASSWORD = "secret"
SERVICES = ("entries", "balances")
HTTP = httpx2.Client()  # one for all: it is the making that takes its time
ENTRIES, BALANCES, RELAY, PROJECTOR = 8001, 8002, 8011, 8012
PORTS = {"entries api": ENTRIES, "balances api": BALANCES, "entries relay": RELAY, "balances projector": PROJECTOR}
POSTGRES, STREAMS, CACHE = 5432, 6379, 6380
STARTS_WITHIN_S = 180
# Of a vanished projector's last batch; 30 s are long in a test.
TAKE_OVER_IDLE_S = 5
TURN = (
    "SELECT host(client_addr) FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted"
)
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE host(client_addr) = $1 AND age(now(), backend_start) > $2"


class Hosts:
    """All of it; `start` and `stop` once. What asks anything is to be called `inside` the client."""

    def __init__(self, directory: Path, network: Network) -> None:
        self.first, self.second, self.balancer, self.servers, self.client = network.hosts
        self.directory = directory
        self.issuer = DevelopmentIssuer(directory / "issuer")
        self._opened = ExitStack()

    def start(self) -> None:
        with self._opened:
            with self.servers.inside():
                self._start_servers()
                self._migrate()
            for host in (self.first, self.second):
                with host.inside():
                    for process, port in PORTS.items():
                        self._start(host, process, port)
            with self.balancer.inside():
                self._start_nginx()
            with self.client.inside():
                self._wait_until_ready()
            self._opened = self._opened.pop_all()

    def stop(self) -> None:
        self._opened.close()

    def load(self, merchant: str) -> Load:
        lifetime = timedelta(hours=1)
        scopes = ("entries:read", "entries:write", "balances:read")
        token = self.issuer.token(merchant, scopes=scopes, role="owner", subject="test", lifetime=lifetime)
        return Load(f"http://{self.balancer.address}:{ENTRIES}", f"http://{self.balancer.address}:{BALANCES}", token)

    def requests_served_by(self, host: Host) -> float:
        return _metric(f"http://{host.address}:{ENTRIES}", "http_request_duration_seconds_count")

    def published_by(self, host: Host) -> float:
        return _metric(f"http://{host.address}:{RELAY}", "fluxo_outbox_published_rows_total")

    async def has_turn(self) -> Host | None:
        """Return the host whose relay publishes; None when none holds the turn."""
        holders = await self._ask(TURN)
        return next((host for host in (self.first, self.second) if [host.address] == holders), None)

    async def sessions_of(self, host: Host, older_than_s: float) -> int:
        return (await self._ask(SESSIONS, host.address, timedelta(seconds=older_than_s)))[0]

    def assert_counted_once(self, merchant: str, acknowledged: list[str]) -> None:
        """Compare the merchant's days as `fluxo verify` does, and the one that there is with what was acknowledged."""
        assert len(set(acknowledged)) == len(acknowledged)
        totals = [
            [sys.executable, "-m", f"fluxo_{service}", "totals", f"--merchant={merchant}"] for service in SERVICES
        ]
        compared = reconcile(*totals, self._environment(), Window(), settle_s=20)
        assert (compared.wrong, compared.wrong_categories) == ({}, {})
        assert (compared.merchants, compared.days) == (1, 1)
        day = asyncio.run(self._day(merchant))
        assert day == (len(acknowledged), 100 * len(acknowledged))

    async def _ask(self, question: str, *arguments: object) -> list:
        url = f"postgresql://postgres:{self._admin_password}@{self.servers.address}:{POSTGRES}/postgres"
        connection = await asyncpg.connect(url, timeout=5)
        try:
            return [row[0] for row in await connection.fetch(question, *arguments)]
        finally:
            await connection.close()

    def _start_servers(self) -> None:
        directory = self.directory
        database = PostgresServer(directory / "postgres", POSTGRES, fast=True)
        streams = ValkeyServer(directory / "streams", STREAMS, persistent=True)
        cache = ValkeyServer(directory / "cache", CACHE, persistent=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(postgres.SETTINGS, "listen_addresses", "*")
            for server in (database, streams, cache):
                self._opened.callback(server.stop)
                server.start()
        for server in (streams, cache):
            with redis.Redis.from_url(server.url) as client:
                client.config_set("bind", "*")
        self._valkeys = {
            "FLUXO_STREAMS_URL": streams.url.replace("127.0.0.1", self.servers.address),
            "FLUXO_CACHE_URL": cache.url.replace("127.0.0.1", self.servers.address),
        }
        self._admin_password = database.admin_url.split(":")[2].rpartition("@")[0]
        with (database._cluster / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.0.0.0/24 scram-sha-256\n")
        for service in SERVICES:
            roles = (Role(f"{service}_{role}", PASSWORD) for role in ("owner", "app"))
            ensure_database(database.admin_url, f"fluxo_{service}", *roles)
        asyncio.run(self._reload(database.admin_url))

    @staticmethod
    async def _reload(admin_url: str) -> None:
        connection = await asyncpg.connect(admin_url)
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()

    def _environment(self, **own: str) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("FLUXO_")},
            **self._valkeys,
            **{f"FLUXO_{service.upper()}_DATABASE_URL": self._database_url(service, "app") for service in SERVICES},
            "FLUXO_AUTH_JWKS_URL": self.issuer.jwks_url,
            "FLUXO_LOG_FORMAT": "json",
            "FLUXO_PROJECTOR_TAKE_OVER_IDLE_S": str(TAKE_OVER_IDLE_S),
            **own,
        }

    def _database_url(self, service: str, role: str) -> str:
        return f"postgresql://{service}_{role}:{PASSWORD}@{self.servers.address}:{POSTGRES}/fluxo_{service}"

    def _migrate(self) -> None:
        """Both services' schemas in one process: it is the start that takes its time."""
        program = "".join(
            f"from fluxo_{service}.bootstrap import migrate; "
            f"migrate(owner_url={self._database_url(service, 'owner')!r}, app_role='{service}_app')\n"
            for service in SERVICES
        )
        with self._log("migrate").open("ab") as output:
            assert spawn([sys.executable, "-c", program], log=output).wait(STARTS_WITHIN_S) == 0

    def _start(self, host: Host, process: str, port: int) -> None:
        service, role = process.split()
        name = f"{service}-{role}-{host.address}"
        environment = self._environment(
            FLUXO_ENVIRONMENT="development", FLUXO_HOST=host.address, FLUXO_PORT=str(port), FLUXO_INSTANCE=name
        )
        with self._log(name).open("ab") as output:
            started = spawn([sys.executable, "-m", f"fluxo_{service}", role], log=output, env=environment)
        self._opened.callback(stop, started, ())

    def _start_nginx(self) -> None:
        upstreams = [
            Upstream(
                name,
                f"{self.balancer.address}:{port}",
                [f"{host.address}:{port}" for host in (self.first, self.second)],
            )
            for name, port in (("entries", ENTRIES), ("balances", BALANCES))
        ]
        nginx = balancer(self.directory / "nginx", upstreams, port=ENTRIES, health_port=8006, env=os.environ)
        with self._log("nginx").open("ab") as output:
            self._opened.callback(stop, nginx.spawn(output), nginx.stop_steps)

    def _wait_until_ready(self) -> None:
        waiting = {f"http://{host.address}:{port}" for host in (self.first, self.second) for port in PORTS.values()}
        waiting |= {f"http://{self.balancer.address}:{port}" for port in (ENTRIES, BALANCES)}
        deadline = time.monotonic() + STARTS_WITHIN_S
        while waiting := {url for url in waiting if not _is_ready(url)}:
            assert time.monotonic() < deadline, f"not ready: {waiting}; logs in {self.directory}"
            time.sleep(0.1)

    async def _day(self, merchant: str) -> tuple[int, int]:
        connection = await asyncpg.connect(self._database_url("balances", "app"))
        try:
            sums = "SELECT entry_count, credits_minor FROM day_totals WHERE merchant_id = $1 AND business_date = $2"
            return tuple(await connection.fetchrow(sums, merchant, DAY))
        finally:
            await connection.close()

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"


def _metric(url: str, name: str) -> float:
    """Return its sum over the labels."""
    lines = HTTP.get(f"{url}/metrics", timeout=10).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def _is_ready(url: str) -> bool:
    try:
        return HTTP.get(f"{url}/health/ready", timeout=2).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    if reason := obstacle():
        pytest.skip(reason)
    try:
        find_nginx()
    except CommandError:
        pytest.skip("nginx is not on this machine (Debian: apt install nginx-light)")
    with Network(5) as network:
        hosts = Hosts(tmp_path_factory.mktemp("hosts"), network)
        hosts.start()
        yield hosts
        hosts.stop()
