"""Room for connections: so many in all, so many from one address, and some that only probes may use."""

import asyncio
import resource
from collections import Counter
from contextlib import suppress
from typing import Final, Protocol

import prometheus_client
import structlog

log = structlog.get_logger(__name__)

TOTAL_MAX: Final = 4_096
"""Some 10 KiB of memory each."""

SPARE: Final = 64
"""Beyond those, for health and metrics: whoever fills the others must not make us look dead."""

OTHER_DESCRIPTORS: Final = 192
"""Files, the log, and connections to servers, of which an API holds some forty at most."""

UNWANTED_BYTES_PER_S: Final = 8 * 1024 * 1024
"""Of bodies that come after their answer, of all connections: a hundredth of a core."""

LOOK_EVERY_S: Final = 1.0
TELL_EVERY_S: Final = 10.0

connections_refused = prometheus_client.Counter(
    "http_connections_refused",
    "Connections that were closed: full or address-full (no room), slow-head, slow-body, "
    "head-too-large, unwanted-body (its answer was given), chunks-too-small, pipelined (too many requests at once).",
    ["reason"],
)


class Seated(Protocol):
    """A connection: it is looked at every second."""

    def look(self, now: float) -> None: ...


class Seats:
    """One server's connections, by the address that they come from. A balancer is one address: half of all are its."""

    def __init__(self, total_max: int = TOTAL_MAX) -> None:
        self._total_max = total_max
        self._address_max = max(1, total_max // 2)
        self._seated: dict[Seated, str] = {}
        self._spare: dict[Seated, str] = {}
        self._of_address = Counter[str]()
        self._unwanted_until = 0.0
        self._looking: asyncio.TimerHandle | None = None
        self._untold = Counter[str]()
        self._told_at = float("-inf")

    @classmethod
    def as_descriptors_allow(cls) -> "Seats":
        """As many as the process may have open, once it has taken what the system lets it take."""
        wanted = TOTAL_MAX + SPARE + OTHER_DESCRIPTORS
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < wanted:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
                soft = min(wanted, hard)
        return cls(max(SPARE, min(soft, wanted) - SPARE - OTHER_DESCRIPTORS))

    def take(self, connection: Seated, address: str) -> bool:
        """Give the connection a seat; False when there is none, not even a spare one."""
        reason = self._full(address)
        if reason is None:
            self._seated[connection] = address
            self._of_address[address] += 1
        else:
            self.refused(reason)
            if len(self._spare) >= SPARE:
                return False
            self._spare[connection] = address
        if self._looking is None:
            self._look_later()
        return True

    def is_spare(self, connection: Seated) -> bool:
        return connection in self._spare

    def leave(self, connection: Seated) -> None:
        self._spare.pop(connection, None)
        address = self._seated.pop(connection, None)
        if address is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def unwanted_wait_s(self, size: int) -> float:
        """Return how long to wait after so many bytes that nobody wants, behind those of others."""
        now = asyncio.get_running_loop().time()
        self._unwanted_until = max(now, self._unwanted_until) + size / UNWANTED_BYTES_PER_S
        return self._unwanted_until - now

    def refused(self, reason: str) -> None:
        """Count it, and say so in the log every some seconds."""
        connections_refused.labels(reason).inc()
        self._untold[reason] += 1
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= TELL_EVERY_S:
            self._told_at = now
            log.warning("connections are refused", refused=self._untold.total(), reason=", ".join(sorted(self._untold)))
            self._untold.clear()

    def _full(self, address: str) -> str | None:
        if len(self._seated) >= self._total_max:
            return "full"
        return "address-full" if self._of_address[address] >= self._address_max else None

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._looking = None
        now = asyncio.get_running_loop().time()
        for connection in (*self._seated, *self._spare):
            connection.look(now)
        if self._seated or self._spare:
            self._look_later()
