"""How many of PostgreSQL's connections everything takes: by this the embedded server is sized, and others are asked.

What each process takes stands with it, in `services`. The rest of the table is here, and docs/operating/scale.md has
all of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from fluxo_local.services import SERVICES, Service

COMMANDS: Final = 5
"""In each database, as the workers' role: `fluxo verify`, `rebuild` and `dead-letters`, and who looks in."""

OWNER: Final = 2
"""In each database, as its owner: a migration, which takes a third while it builds an index, or `fluxo backup`."""

RESERVED: Final = 3
"""In each server, for its superuser when all others are taken: PostgreSQL's superuser_reserved_connections."""

Who = Literal["workers", "api", "owner"]


def taken(service: Service, replicas: int) -> dict[Who, int]:
    """Return how many connections to a service's database are taken at most, by the role that takes them.

    Counted for one process of each kind more than there are: one that was killed is replaced before the server has
    noticed.
    """
    api = service.connections["api"]
    workers = sum(service.connections.values()) - api
    return {"workers": (replicas + 1) * workers + COMMANDS, "api": (replicas + 1) * api, "owner": OWNER}


def connections_needed(replicas: int) -> int:
    """Return how many a server of all databases must have room for."""
    return sum(sum(taken(service, replicas).values()) for service in SERVICES) + RESERVED


@dataclass(frozen=True, slots=True)
class Limit:
    """What a server, a database or a role allows; it is the same limit where `key` is, by whatever name it was found.

    `reserved` of those are kept for others, and `remedy` says what to set, up to the number.
    """

    key: tuple[str, ...]
    allows: int
    name: str = field(compare=False)
    remedy: str = field(compare=False)
    reserved: int = 0

    def shortage(self, needed: int) -> str:
        reserved = f" ({self.reserved} of them reserved)" if self.reserved else ""
        all_of_it = needed + self.reserved
        allowed = f"{self.name} allows {self.allows:,} connections{reserved}"
        return f"{allowed}, and {all_of_it:,} are needed: {self.remedy} {all_of_it}."


@dataclass(frozen=True, slots=True)
class Claim:
    """A role of a service that connects, and what limits it there."""

    service: Service
    who: Who
    limits: tuple[Limit, ...]


def shortages(claims: Iterable[Claim], replicas: int) -> list[str]:
    """Return what does not allow as many connections as so many replicas take, each in a sentence."""
    needed: Counter[Limit] = Counter()
    for claim in claims:
        needed.update(dict.fromkeys(claim.limits, taken(claim.service, replicas)[claim.who]))
    return [limit.shortage(count) for limit, count in needed.items() if count > limit.allows - limit.reserved]
