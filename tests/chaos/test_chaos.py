"""Some chaos: twice a round of three faults at once, the same ones each time.

Whoever changed nothing must not be told that something broke; what nobody thought of is found by `make chaos`, which
draws its rounds anew. FLUXO_CHAOS_SEED plays those of a run whose seed was printed.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DRIVER = Path(__file__).parent
LIMIT_S = 280  # it takes half a minute, and what does not heal has its bound to be waited for
# Half a minute to take over what was stolen, or what a second projector left, and a quarter of one to find out that a
# process hangs: that is for the long run.
TOO_SLOW = {"events stolen", "second instance", "process hung"}


def chaos(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DRIVER), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def names(kinds: Callable[[str], bool]) -> str:
    faults = [line.split(maxsplit=1) for line in chaos("--list").stdout.splitlines()]
    return ",".join(name for name, kind in faults if kind not in TOO_SLOW and kinds(kind))


def is_of_network(kind: str) -> bool:
    return kind.startswith(("connection", "answers"))


def is_rigged(kind: str) -> bool:
    return kind in {"disk full", "clock stepped"}


@pytest.mark.parametrize(
    ("topology", "kinds", "seed"),
    [
        ("proxied", lambda kind: not is_rigged(kind), 27),
        ("rigged", lambda kind: not is_of_network(kind), 106),
    ],
    ids=["processes and network", "processes, disks and clocks"],
)
def test_nothing_acknowledged_is_lost_or_counted_twice(topology, kinds, seed):
    seed = os.environ.get("FLUXO_CHAOS_SEED", str(seed))
    faults = ("--faults", names(kinds), "--on", topology, "--together", "--hold-max-s", "3")
    ran = chaos("--seed", seed, "--rounds", "1", *faults)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_an_unknown_fault_is_named():
    refused = chaos("--faults", "kill-postgres,flood")

    assert refused.returncode == 2
    assert "'flood'" in refused.stderr
