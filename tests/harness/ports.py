import os
import random
import socket
from collections.abc import Iterable
from itertools import cycle, islice

# Ports that somebody has chosen are free until they are bound: so each worker of a run chooses among its own.
_WORKERS_MAX = 8
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS_MAX
_BASES = range(20_000 + 100 * _WORKER, 32_000, 100 * _WORKERS_MAX)
_SINGLE = range(10_000 + 1_000 * _WORKER, 11_000 + 1_000 * _WORKER)
_in_turn = cycle(random.sample(_SINGLE, len(_SINGLE)))  # none again before all: what starts slowly binds its own late
_TAKEN_BY_A_SYSTEM = (*range(7), *range(11, 15), *range(31, 35), *range(51, 55), *range(71, 75), *range(90, 100))


def free_port() -> int:
    return free_neighbours(1)


def free_port_base(offsets: Iterable[int] = _TAKEN_BY_A_SYSTEM) -> int:
    """Return a multiple of 100 from which on a system finds its ports free; chosen by chance, as others choose, too."""
    for base in random.sample(_BASES, len(_BASES)):
        if all(_is_free(base + offset) for offset in offsets):
            return base
    raise RuntimeError("no free range of ports")


def free_neighbours(count: int) -> int:
    """Return the first of so many neighbouring ports on which nothing listens; fewer than a hundred."""
    for first in islice(_in_turn, len(_SINGLE)):
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
