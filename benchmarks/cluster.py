"""What a cluster would need, on paper: CPU time per request as it was measured, times a rate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

UTILISATION: Final = 0.6
"""How busy a core may be kept, so that peaks don't queue."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many of what a scenario measured, each second."""

    what: str
    per_s: int
    scenario: str
    measured_as: str


LOADS: Final = (
    Load("writes", 10_000, "replicas", "entry through nginx, 2 replicas"),
    Load("cached reads", 100_000, "replicas", "cached read through nginx, 2 replicas"),
    Load("reads from the database", 10_000, "uncached-day", "uncached read, 10 years of history"),
)


def sizing(scenarios: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each load whose cost was measured, the cores that each role needs; others are left out."""
    measured = {scenario["name"]: scenario["cpu_us"] for scenario in scenarios}
    sized = []
    for load in LOADS:
        cost: Mapping[str, float] = measured.get(load.scenario, {}).get(load.measured_as, {})
        if cost:
            roles: list[dict[str, Any]] = [
                {"role": role, "cpu_us": cpu_us, "cores": load.per_s * cpu_us / 1e6 / UTILISATION}
                for role, cpu_us in sorted(cost.items(), key=lambda each: -each[1])
            ]
            sized.append(
                {
                    "what": load.what,
                    "per_s": load.per_s,
                    "scenario": load.scenario,
                    "utilisation": UTILISATION,
                    "roles": roles,
                    "cores": sum(role["cores"] for role in roles),
                }
            )
    return sized
