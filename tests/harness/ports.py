import random
import socket
from collections.abc import Iterable

_BASES = range(20_000, 32_000, 100)
_TAKEN_BY_A_SYSTEM = (*range(1, 7), *range(11, 15), *range(31, 35), *range(51, 55), *range(71, 75), *range(90, 100))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_port_base(offsets: Iterable[int] = _TAKEN_BY_A_SYSTEM) -> int:
    """Return a multiple of 100 from which on a system finds its ports free; chosen by chance, as others choose, too."""
    for base in random.sample(_BASES, len(_BASES)):
        if all(_is_free(base + offset) for offset in offsets):
            return base
    raise RuntimeError("no free range of ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
