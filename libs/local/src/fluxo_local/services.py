"""Which services there are and which processes each is made of: whatever knows them by name takes it from here."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

STREAMS = "FLUXO_STREAMS_URL"
CACHE = "FLUXO_CACHE_URL"


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """`roles` says what each long-running process does, the workers first, `api` last.

    Ports are added to the port base: `port` is the public one of the API, `instance_ports` come before the first
    instance of each role. Instances are counted from 1. `connections` is how many to its database each may hold, and
    `servers` the variables of the Redis servers that each works with.
    """

    name: str
    port: int
    roles: Mapping[str, str]
    instance_ports: Mapping[str, int]
    connections: Mapping[str, int]
    servers: Mapping[str, frozenset[str]]

    @property
    def database_variable(self) -> str:
        """The environment variable with the URL that it works with; its owner's is `migration_variable`."""
        return f"FLUXO_{self.name.upper()}_DATABASE_URL"

    @property
    def api_variable(self) -> str:
        """The same with the URL of a role for the API alone, which an API is told in the place of the other."""
        return f"FLUXO_{self.name.upper()}_API_DATABASE_URL"

    @property
    def migration_variable(self) -> str:
        return f"FLUXO_{self.name.upper()}_MIGRATION_DATABASE_URL"

    def command(self, role: str) -> list[str]:
        """What to run for one of its processes; besides `roles` each service has `migrate`."""
        return [sys.executable, "-m", f"fluxo_{self.name}", role]


SERVICES = (
    Service(
        "entries",
        port=1,
        roles={"relay": "Carry recorded entries from the database to the stream.", "api": "Serve the entries API."},
        instance_ports={"relay": 10, "api": 50},
        connections={"relay": 7, "api": 20},
        servers={"relay": frozenset({STREAMS})},
    ),
    Service(
        "balances",
        port=2,
        roles={
            "projector": "Apply entries from the stream to the daily balances.",
            "api": "Serve the balances API.",
        },
        instance_ports={"projector": 30, "api": 70},
        connections={"projector": 3, "api": 11},
        servers={"projector": frozenset({STREAMS, CACHE}), "api": frozenset({CACHE})},
    ),
)

REPLICATED = sorted(
    ((service, role) for service in SERVICES for role in service.roles), key=lambda process: process[1] == "api"
)
"""The long-running processes, in the order in which they start: workers before APIs."""

DASHBOARD = "dashboard"
"""The merchant's page: a process of its own, on the port base; it has no database and no replicas here."""

DASHBOARD_COMMAND = [sys.executable, "-m", "fluxo_dashboard"]

REPLICATED_KINDS = [f"{service.name}-{role}" for service, role in REPLICATED]
"""Their names without the instance's number."""

KINDS = [*REPLICATED_KINDS, DASHBOARD]
"""All of ours that run for long, by the same kind of name."""
