"""How many cores this process may use, and how many replicas make use of them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

REPLICAS_BY_CORES_MAX = 8
"""More were slower than these wherever it was measured: ADR 0045."""


def usable_cores(root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> float:
    """Return the cores that the scheduler lets it run on, or fewer where its control groups allow less time."""
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([pinned, *_quotas(root, membership)])


def replicas_for(cores: float) -> int:
    """Return half of the cores: the other half is PostgreSQL's, the balancer's and the workers'."""
    return max(1, min(REPLICAS_BY_CORES_MAX, int(cores / 2)))


def _quotas(root: Path, membership: Path) -> Iterator[float]:
    """Yield what its groups, and those above them, allow: of version 2, and of version 1's controller `cpu`."""
    lines = membership.read_text().splitlines() if membership.exists() else []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / controllers
        group = top / path.lstrip("/")
        for folder in (each for each in (group, *group.parents) if each.is_relative_to(top)):
            with suppress(OSError, ValueError):  # not there, or "max"
                if controllers:
                    quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
                else:
                    quota, period = (folder / "cpu.max").read_text().split()
                if float(quota) > 0:
                    yield float(quota) / float(period)
