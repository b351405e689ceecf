"""What runs: every process of the system, where it listens and how it is configured. Reads top to bottom."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fluxo_local.connections import connections_needed, taken
from fluxo_local.embedded.databases import Role
from fluxo_local.embedded.postgres import PostgresServer
from fluxo_local.embedded.valkey import ValkeyServer
from fluxo_local.issuer import DevelopmentIssuer
from fluxo_local.nginx import Upstream, balancer
from fluxo_local.process_environment import DASHBOARD_PREFIX, EVENTS_KEY, NOT_FOR_ALL, SEALS_KEY, environment_of
from fluxo_local.runtime import events_key, load_environment, log_hash_key, role_passwords, seals_key, session_key
from fluxo_local.services import CACHE, DASHBOARD, DASHBOARD_COMMAND, REPLICATED, SERVICES, STREAMS, Service
from fluxo_local.settings import Settings
from fluxo_local.supervision.managed_processes import Child, EmbeddedServer, HttpProcess

REPLICAS_MAX = 20  # the port ranges below are that wide
BALANCER = "nginx"


@dataclass(frozen=True, slots=True)
class Database:
    """A database that the embedded PostgreSQL must have, with its owner, the role that works in it, and the API's."""

    name: str
    owner: Role
    app: Role
    api: Role

    def url(self, role: Role, port: int) -> str:
        return f"postgresql://{role.name}:{role.password}@127.0.0.1:{port}/{self.name}"


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
    replicas_max = REPLICAS_MAX if balanced else 1
    postgres = PostgresServer(data_dir / "postgres", port_base + 3, max_connections=connections_needed(replicas_max))
    streams = ValkeyServer(data_dir / "valkey-streams", port_base + 4, persistent=True)
    cache = ValkeyServer(data_dir / "valkey-cache", port_base + 5, persistent=False)
    databases = _databases(settings, data_dir, replicas_max)

    servers: list[Child] = []
    if databases:
        servers.append(EmbeddedServer("postgres", postgres))
    if settings.streams_url is None:
        servers.append(EmbeddedServer("valkey-streams", streams))
    if settings.cache_url is None:
        servers.append(EmbeddedServer("valkey-cache", cache))

    event_keys, seals = _event_keys(settings, data_dir), _seals_key(settings, data_dir)
    environment = {
        **({EVENTS_KEY: event_keys["relay"]} if event_keys else {}),
        **seals,
        **_database_urls(settings, databases, postgres.port),
        STREAMS: settings.streams_url or streams.url,
        CACHE: settings.cache_url or cache.url,
        "FLUXO_AUTH_JWKS_URL": settings.auth_jwks_url or DevelopmentIssuer(data_dir).jwks_url,
        "FLUXO_AUTH_ISSUER": settings.auth_issuer,
        "FLUXO_AUTH_AUDIENCE": settings.auth_audience,
        "FLUXO_LOG_HASH_KEY": settings.log_hash_key or log_hash_key(data_dir),
        "FLUXO_CORS_ORIGINS": settings.cors_origins or f"http://127.0.0.1:{port_base},http://localhost:{port_base}",
        **_dashboard_environment(settings, data_dir, port_base),
    }

    api_ports: dict[Service, list[int]] = {}
    services: list[Child] = []
    for service, role in REPLICATED:
        ports_of_role = [port_base + service.instance_ports[role] + instance for instance in range(1, replicas + 1)]
        if role == "api":
            ports_of_role = api_ports[service] = ports_of_role if balanced else [port_base + service.port]
        others_answer = role == "api" and balanced
        keys = {EVENTS_KEY: event_keys[role]} if role in event_keys else {}
        keys |= seals if role == "relay" else {}
        services += _processes(service, role, ports_of_role, environment, keys, replaced_when_stopped=others_answer)
    if settings.has_page():
        services.append(_dashboard(port_base, environment))
    ports = {child.port: child.name for child in (*servers, *services)}
    if balanced:
        upstreams = [
            Upstream(service.name, _here(port_base + service.port), list(map(_here, api_ports[service])))
            for service in SERVICES
        ]
        public = [port_base + service.port for service in SERVICES]
        health_port = port_base + 6
        services.append(
            balancer(
                data_dir / "nginx",
                upstreams,
                port=public[0],
                health_port=health_port,
                env=os.environ,
                origins=[origin.strip() for origin in environment["FLUXO_CORS_ORIGINS"].split(",")],
            )
        )
        ports |= dict.fromkeys((*public, health_port), BALANCER)

    return Topology(
        servers=tuple(servers),
        postgres=postgres,
        databases=tuple(databases.values()),
        migrations=tuple(_migration(service, environment) for service in SERVICES),
        services=tuple(services),
        ports=ports,
        urls=({DASHBOARD: environment[f"{DASHBOARD_PREFIX}URL"]} if settings.has_page() else {})
        | {service.name: f"http://{_here(port_base + service.port)}" for service in SERVICES},
        environment=environment,
    )


def _here(port: int) -> str:
    return f"127.0.0.1:{port}"


def _databases(settings: Settings, data_dir: Path, replicas_max: int) -> dict[Service, Database]:
    """Say which service needs a database of the embedded server."""
    databases = {}
    for service in SERVICES:
        if settings.database_url(service) is None:
            name = f"fluxo_{service.name}"
            names = [f"{name}_{role}" for role in ("owner", "app", "api")]
            passwords = role_passwords(data_dir, names)
            of = taken(service, replicas_max)
            most = (-1, of["workers"], of["api"])
            databases[service] = Database(name, *map(Role, names, [passwords[each] for each in names], most))
    return databases


def _database_urls(settings: Settings, databases: dict[Service, Database], port: int) -> dict[str, str]:
    urls = {}
    for service in SERVICES:
        own = databases.get(service)
        url = own.url(own.app, port) if own else settings.database_url(service) or ""
        urls[service.database_variable] = url
        urls[service.migration_variable] = own.url(own.owner, port) if own else settings.migration_url(service) or url
        if api_url := own.url(own.api, port) if own else settings.api_url(service):
            urls[service.api_variable] = api_url
    return urls


def _processes(
    service: Service,
    role: str,
    ports: Sequence[int],
    environment: dict[str, str],
    keys: dict[str, str],
    *,
    replaced_when_stopped: bool,
) -> list[Child]:
    processes: list[Child] = []
    for instance, port in enumerate(ports, 1):
        name = f"{service.name}-{role}-{instance}"
        own = {"FLUXO_HOST": "127.0.0.1", "FLUXO_PORT": str(port), "FLUXO_INSTANCE": name}
        configured = environment_of(service, role, environment) | keys | own
        if role == "api" and service.api_variable in environment:
            configured[service.database_variable] = environment[service.api_variable]
        processes.append(
            HttpProcess(
                name,
                service.command(role),
                configured,
                port,
                health_port=port,
                replaced_when_stopped=replaced_when_stopped,
            )
        )
    return processes


def _migration(service: Service, environment: dict[str, str]) -> Migration:
    name, others = f"{service.name}-migrate", (service.migration_variable, service.api_variable)
    urls = {variable: environment[variable] for variable in others if variable in environment}
    configured = environment_of(service, "migrate", environment) | urls | {"FLUXO_INSTANCE": name}
    return Migration(name, service.command("migrate"), configured)


def _event_keys(settings: Settings, data_dir: Path) -> dict[str, str]:
    """Return what events are signed with, by the role that knows it.

    No key is made up for a streams server that is not ours: others may sign there with theirs.

    A directory that was used without a key has unsigned events: the relay signs from now on, and the projector asks for
    signatures from the next start on.
    """
    key = settings.events_key or (events_key(data_dir) if settings.streams_url is None else None)
    if key is None:
        return {}
    ran_last = load_environment(data_dir)
    is_asked_for = settings.events_key is not None or not ran_last or EVENTS_KEY in ran_last
    return {"relay": key} | ({"projector": key} if is_asked_for else {})


def _seals_key(settings: Settings, data_dir: Path) -> dict[str, str]:
    """None is made up for a database that is not ours: others may seal there with theirs."""
    key = settings.seals_key or (seals_key(data_dir) if settings.entries_database_url is None else None)
    return {} if key is None else {SEALS_KEY: key}


def _dashboard_environment(settings: Settings, data_dir: Path, port_base: int) -> dict[str, str]:
    if not settings.has_page():
        return {}
    told = {
        f"{DASHBOARD_PREFIX}URL": settings.dashboard_url or f"http://{_here(port_base)}",
        f"{DASHBOARD_PREFIX}SESSION_KEY": settings.dashboard_session_key or session_key(data_dir),
        **{f"FLUXO_{service.name.upper()}_URL": f"http://{_here(port_base + service.port)}" for service in SERVICES},
    }
    if settings.oidc_issuer is None:
        told[f"{DASHBOARD_PREFIX}DEVELOPMENT_ISSUER"] = str(DevelopmentIssuer(data_dir).directory.resolve())
    return told


def _dashboard(port_base: int, environment: dict[str, str]) -> HttpProcess:
    """The merchant's page: it asks the services, and knows no server that they work with."""
    name = f"{DASHBOARD}-1"
    known = {name: value for name, value in {**os.environ, **environment}.items() if not name.endswith(NOT_FOR_ALL)}
    own = {"FLUXO_HOST": "127.0.0.1", "FLUXO_PORT": str(port_base), "FLUXO_INSTANCE": name}
    return HttpProcess(name, DASHBOARD_COMMAND, known | own, port_base, health_port=port_base)
