"""What each process of the system costs: CPU time and memory, from /proc."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.machine import cores
from benchmarks.system import System

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_DATABASES: Final = ("entries", "balances")


@dataclass(slots=True)
class Cost:
    """CPU seconds by role, such as "entries-api" or "postgres (balances)"; filled in when the block ends."""

    cpu_s: dict[str, float] = field(default_factory=dict)

    def since(self, before: Mapping[str, float], pids: Mapping[str, int]) -> None:
        """Fill in what was spent since `cpu_seconds` gave `before`."""
        after = cpu_seconds(pids)
        self.cpu_s = {role: max(spent - before.get(role, 0.0), 0.0) for role, spent in after.items()}

    def busy_percent(self, seconds: float) -> float:
        """Return how busy all of it kept this machine's cores for so many seconds."""
        return sum(self.cpu_s.values()) / (seconds * len(cores())) * 100

    def us_per(self, count: float) -> dict[str, float]:
        """Return CPU microseconds for each of so many things done; roles that did nothing are left out."""
        return {role: spent / count * 1e6 for role, spent in sorted(self.cpu_s.items()) if count and spent > 0}


@contextmanager
def cost_of(system: System) -> Iterator[Cost]:
    """Add up what the system's processes spend during the block; one that is replaced meanwhile counts from zero."""
    cost = Cost()
    before = cpu_seconds(system.pids())
    yield cost
    cost.since(before, system.pids())


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the CPU seconds so far by role; PostgreSQL's backends count for the database that they serve."""
    spent: defaultdict[str, float] = defaultdict(float)
    for name, pid in pids.items():
        if name == "postgres":
            for role, seconds in _postgres(pid).items():
                spent[role] += seconds
        else:
            spent[role_of(name)] += sum(map(_own_cpu_s, [pid, *children(pid)]))
    return dict(spent)


def rss_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Return each process's resident memory in MB (10^6 bytes), without that of its children."""
    found = {}
    for name, pid in pids.items():
        with suppress(OSError):
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            found[name] = pages * _PAGE_BYTES / 1e6
    return found


def role_of(process: str) -> str:
    """Return "entries-api" for "entries-api-2"."""
    stem, _, number = process.rpartition("-")
    return stem if number.isdigit() else process


def _postgres(postmaster: int) -> dict[str, float]:
    spent: defaultdict[str, float] = defaultdict(float)
    # Backends that ended are in the postmaster's children's time; there are few, and nobody knows whose they were.
    spent["postgres (shared)"] = _own_cpu_s(postmaster) + _stat(postmaster)[2]
    for child in children(postmaster):
        with suppress(OSError):
            title = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
            served = next((name for name in _DATABASES if f" fluxo_{name} " in title), "shared")
            spent[f"postgres ({served})"] += _own_cpu_s(child)
    return spent


def _own_cpu_s(pid: int) -> float:
    with suppress(OSError):
        return _stat(pid)[1]
    return 0.0


def children(pid: int) -> list[int]:
    """Return the ids of the processes that it has started and that run."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if _stat(int(path.name))[0] == pid:
                found.append(int(path.name))
    return found


def _stat(pid: int) -> tuple[int, float, float]:
    """Return the parent's id, the process's own CPU seconds, and those of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, children_user, children_system = map(int, fields[11:15])
    return int(fields[1]), (user + system) / _TICKS_PER_S, (children_user + children_system) / _TICKS_PER_S
