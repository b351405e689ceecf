"""What runs: every process of the system, where it listens and what it is told. Reads top to bottom."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.nginx import Upstream, balancer
from fluxo_local.runtime import log_hash_key, role_passwords
from fluxo_local.settings import Settings
from fluxo_local.supervision.managed_processes import Child, EmbeddedServer, HttpProcess

REPLICAS_MAX = 20  # the port ranges below are that wide
REPLICATED = ("entries-relay", "balances-projector", "entries-api", "balances-api")
BALANCER = "nginx"
_SERVICES = ("entries", "balances")


@dataclass(frozen=True, slots=True)
class Database:
    """A database that the embedded PostgreSQL must have, with the role that owns it and the one that works in it."""

    name: str
    owner: str
    owner_password: str
    app: str
    app_password: str

    def url(self, port: int) -> str:
        return f"postgresql://{self.app}:{self.app_password}@127.0.0.1:{port}/{self.name}"

    def owner_url(self, port: int) -> str:
        return f"postgresql://{self.owner}:{self.owner_password}@127.0.0.1:{port}/{self.name}"


@dataclass(frozen=True, slots=True)
class Migration:
    """A command that ends by itself, to be run before the services."""

    name: str
    argv: Sequence[str]
    env: dict[str, str]


@dataclass(frozen=True, slots=True)
class Topology:
    """Servers start first, then databases and migrations are made, then the services start. Stopping goes back."""

    servers: tuple[Child, ...]
    postgres: PostgresServer
    databases: tuple[Database, ...]
    migrations: tuple[Migration, ...]
    services: tuple[Child, ...]
    ports: dict[int, str]
    urls: dict[str, str]
    environment: dict[str, str]


def topology(
    settings: Settings, data_dir: Path, *, port_base: int = 8000, replicas: int = 1, balanced: bool = False
) -> Topology:
    """Every process for this configuration. A server given by URL is used; only the missing ones are embedded.

    `balanced` puts the load balancer before one replica too, so that there may be more later.
    """
    balanced = balanced or replicas > 1
    postgres = PostgresServer(data_dir / "postgres", port_base + 3)
    streams = ValkeyServer(data_dir / "valkey-streams", port_base + 4, persistent=True)
    cache = ValkeyServer(data_dir / "valkey-cache", port_base + 5, persistent=False)
    databases = _databases(settings, data_dir)

    servers: list[Child] = []
    if databases:
        servers.append(EmbeddedServer("postgres", postgres))
    if settings.streams_url is None:
        servers.append(EmbeddedServer("valkey-streams", streams))
    if settings.cache_url is None:
        servers.append(EmbeddedServer("valkey-cache", cache))

    environment = {
        **_database_urls(settings, databases, postgres.port),
        "FLUXO_STREAMS_URL": settings.streams_url or streams.url,
        "FLUXO_CACHE_URL": settings.cache_url or cache.url,
        "FLUXO_AUTH_JWKS_URL": settings.auth_jwks_url or DevelopmentIssuer(data_dir).jwks_url,
        "FLUXO_AUTH_ISSUER": settings.auth_issuer,
        "FLUXO_AUTH_AUDIENCE": settings.auth_audience,
        "FLUXO_LOG_HASH_KEY": settings.log_hash_key or log_hash_key(data_dir),
    }

    instances = range(1, replicas + 1)
    entries_apis = [port_base + 50 + instance for instance in instances] if balanced else [port_base + 1]
    balances_apis = [port_base + 70 + instance for instance in instances] if balanced else [port_base + 2]
    services = [
        *_processes("entries", "relay", [port_base + 10 + instance for instance in instances], environment),
        *_processes("balances", "projector", [port_base + 30 + instance for instance in instances], environment),
        *_processes("entries", "api", entries_apis, environment),
        *_processes("balances", "api", balances_apis, environment),
    ]
    ports = {child.port: child.name for child in (*servers, *services)}
    if balanced:
        public = [
            Upstream("entries", _here(port_base + 1), list(map(_here, entries_apis))),
            Upstream("balances", _here(port_base + 2), list(map(_here, balances_apis))),
        ]
        nginx = balancer(data_dir / "nginx", public, port=port_base + 1, health_port=port_base + 6, env=os.environ)
        services.append(nginx)
        ports |= dict.fromkeys((port_base + 1, port_base + 2, port_base + 6), BALANCER)

    return Topology(
        servers=tuple(servers),
        postgres=postgres,
        databases=tuple(databases.values()),
        migrations=tuple(_migration(service, environment) for service in _SERVICES),
        services=tuple(services),
        ports=ports,
        urls={"entries": f"http://127.0.0.1:{port_base + 1}", "balances": f"http://127.0.0.1:{port_base + 2}"},
        environment=environment,
    )


def _here(port: int) -> str:
    return f"127.0.0.1:{port}"


def _databases(settings: Settings, data_dir: Path) -> dict[str, Database]:
    """Say which service needs a database of the embedded server."""
    given = {"entries": settings.entries_database_url, "balances": settings.balances_database_url}
    databases = {}
    for service in _SERVICES:
        if given[service] is None:
            name, owner, app = f"fluxo_{service}", f"fluxo_{service}_owner", f"fluxo_{service}_app"
            passwords = role_passwords(data_dir, [owner, app])
            databases[service] = Database(name, owner, passwords[owner], app, passwords[app])
    return databases


def _database_urls(settings: Settings, databases: dict[str, Database], port: int) -> dict[str, str]:
    urls = {}
    for service in _SERVICES:
        own, variable = databases.get(service), f"FLUXO_{service.upper()}"
        url: str = own.url(port) if own else getattr(settings, f"{service}_database_url")
        owner_url: str | None = own.owner_url(port) if own else getattr(settings, f"{service}_migration_database_url")
        urls[f"{variable}_DATABASE_URL"] = url
        urls[f"{variable}_MIGRATION_DATABASE_URL"] = owner_url or url
    return urls


def _processes(service: str, role: str, ports: Sequence[int], environment: dict[str, str]) -> list[Child]:
    processes: list[Child] = []
    for instance, port in enumerate(ports, 1):
        name = f"{service}-{role}-{instance}"
        own = {"FLUXO_HOST": "127.0.0.1", "FLUXO_PORT": str(port), "FLUXO_INSTANCE": name}
        told = _environment_of(service, environment) | own
        processes.append(HttpProcess(name, _command(service, role), told, port, health_port=port))
    return processes


def _migration(service: str, environment: dict[str, str]) -> Migration:
    owner = f"FLUXO_{service.upper()}_MIGRATION_DATABASE_URL"
    name = f"{service}-migrate"
    told = _environment_of(service, environment) | {owner: environment[owner], "FLUXO_INSTANCE": name}
    return Migration(name, _command(service, "migrate"), told)


def _command(service: str, role: str) -> list[str]:
    return [sys.executable, "-m", f"fluxo_{service}", role]


def _environment_of(service: str, environment: dict[str, str]) -> dict[str, str]:
    """What the machine's environment and ours say, without the databases that this service must not know."""
    own_database = f"FLUXO_{service.upper()}_DATABASE_URL"
    everything = {**os.environ, **environment}
    return {
        name: value for name, value in everything.items() if name == own_database or not name.endswith("_DATABASE_URL")
    }
