"""PostgreSQL and both Valkeys as the driver's own, reached through proxies: for faults of the network."""

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from fluxo_local.embedded.databases import Role, ensure_database
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.errors import CommandError
from fluxo_local.runtime import role_passwords

from tests.harness.proxy import Proxy

SERVICES: Final = ("entries", "balances")
LINKS: Final = ("entries-database", "balances-database", "streams", "cache")
_RESTART_PAUSE_S: Final = 0.3
_POLL_S: Final = 0.1


class OwnServers:
    """Started from the driver and started again when they die, as the supervisor does with its own."""

    def __init__(self, data_dir: Path, port_base: int) -> None:
        self._data_dir = data_dir
        self._servers: dict[str, PostgresServer | ValkeyServer] = {
            "postgres": PostgresServer(data_dir / "postgres", port_base + 93),
            "valkey-streams": ValkeyServer(data_dir / "valkey-streams", port_base + 94, persistent=True),
            "valkey-cache": ValkeyServer(data_dir / "valkey-cache", port_base + 95, persistent=False),
        }
        behind = ("postgres", "postgres", "valkey-streams", "valkey-cache")
        self.proxies = {
            link: Proxy(f"tcp://127.0.0.1:{self._servers[server].port}", port_base + 96 + number)
            for number, (link, server) in enumerate(zip(LINKS, behind, strict=True))
        }
        self._keeping: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start what does not run. Spawns from this thread, with which the servers would die."""
        for server in self._servers.values():
            server.start()
        self._ensure_databases()
        for proxy in self.proxies.values():
            await proxy.start()
        self._keeping = [asyncio.create_task(self._keep(server)) for server in self._servers.values()]

    async def stop(self) -> None:
        for task in self._keeping:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for proxy in self.proxies.values():
            proxy.close()
        for server in self._servers.values():
            await asyncio.to_thread(server.stop)

    def pid(self, name: str) -> int | None:
        server = self._servers.get(name)
        if server is None or server.process is None or server.process.poll() is not None:
            return None
        return server.process.pid

    def environment(self, *, proxied: bool) -> dict[str, str]:
        """Return the variables by which `fluxo up` uses these servers, through the proxies or past them."""
        environment = {
            "FLUXO_STREAMS_URL": self._valkey_url("valkey-streams", "streams", proxied=proxied),
            "FLUXO_CACHE_URL": self._valkey_url("valkey-cache", "cache", proxied=proxied),
        }
        for service in SERVICES:
            name, (owner, app, api), passwords = self._database(service)
            port = self.proxies[f"{service}-database"].port if proxied else self._servers["postgres"].port
            variable = f"FLUXO_{service.upper()}"
            environment |= {
                f"{variable}_DATABASE_URL": f"postgresql://{app}:{passwords[app]}@127.0.0.1:{port}/{name}",
                f"{variable}_API_DATABASE_URL": f"postgresql://{api}:{passwords[api]}@127.0.0.1:{port}/{name}",
                f"{variable}_MIGRATION_DATABASE_URL": f"postgresql://{owner}:{passwords[owner]}@127.0.0.1:{port}/{name}",
            }
        return environment

    def _ensure_databases(self) -> None:
        postgres = self._servers["postgres"]
        assert isinstance(postgres, PostgresServer)
        for service in SERVICES:
            name, names, passwords = self._database(service)
            owner, *others = (Role(each, passwords[each]) for each in names)
            ensure_database(postgres.admin_url, name, owner, *others)

    def _database(self, service: str) -> tuple[str, list[str], dict[str, str]]:
        """Return its name, the roles that own it and work in it, the API's last, and their passwords."""
        names = [f"chaos_{service}_{role}" for role in ("owner", "app", "api")]
        return f"fluxo_{service}", names, role_passwords(self._data_dir, names)

    def _valkey_url(self, server: str, link: str, *, proxied: bool) -> str:
        valkey = self._servers[server]
        assert isinstance(valkey, ValkeyServer)
        port = self.proxies[link].port if proxied else valkey.port
        return valkey.url.replace(f":{valkey.port}/", f":{port}/")

    async def _keep(self, server: PostgresServer | ValkeyServer) -> None:
        log = server.directory / "server.log"
        while True:
            if server.process is None or server.process.poll() is not None:
                await asyncio.sleep(_RESTART_PAUSE_S)
                with contextlib.suppress(CommandError, OSError), log.open("ab") as output:
                    server.spawn(output)
            await asyncio.sleep(_POLL_S)
