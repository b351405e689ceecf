"""PostgreSQL and both Valkeys as the driver's own, reached through proxies: for faults of the network."""

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from databases import SERVICES, database_environment, ensure_databases
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.errors import CommandError

from tests.harness.proxy import Proxy

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
        postgres = self._servers["postgres"]
        assert isinstance(postgres, PostgresServer)
        ensure_databases(self._data_dir, postgres)
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

    def port_of(self, name: str) -> int:
        return self._servers[name].port

    def environment(self, *, proxied: bool) -> dict[str, str]:
        """Return the variables by which `fluxo up` uses these servers, through the proxies or past them."""
        links = {service: self.proxies[f"{service}-database"].port for service in SERVICES}
        ports = links if proxied else dict.fromkeys(SERVICES, self.port_of("postgres"))
        return {
            "FLUXO_STREAMS_URL": self._valkey_url("valkey-streams", "streams", proxied=proxied),
            "FLUXO_CACHE_URL": self._valkey_url("valkey-cache", "cache", proxied=proxied),
            **database_environment(self._data_dir, {service: f"127.0.0.1:{port}" for service, port in ports.items()}),
        }

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
