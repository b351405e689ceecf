"""What a process of a service is told: of the servers and keys, those that it works with and no other."""

import os
from collections.abc import Mapping

from fluxo_local.services import CACHE, STREAMS, Service

DASHBOARD_PREFIX = "FLUXO_DASHBOARD_"
EVENTS_KEY = "FLUXO_EVENTS_KEY"
SEALS_KEY = "FLUXO_SEALS_KEY"
NOT_FOR_ALL = ("_DATABASE_URL", STREAMS, CACHE, EVENTS_KEY, SEALS_KEY)
"""How variables end that a process gets only where it works with what they name."""

_DASHBOARD_ONLY = (DASHBOARD_PREFIX, "FLUXO_OIDC_")


def environment_of(service: Service, role: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the machine's environment and ours say, without the servers and keys that this process must not know."""
    own = service.servers.get(role, frozenset()) | {service.database_variable}
    everything = {**os.environ, **environment}
    return {
        name: value
        for name, value in everything.items()
        if name in own or not (name.endswith(NOT_FOR_ALL) or name.startswith(_DASHBOARD_ONLY))
    }
