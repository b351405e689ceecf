from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random

from system import System
from topologies import Topology

Inject = Callable[[System, float, Random], Awaitable[None]]
"""Takes the system, how many seconds to hold what can be held, and randomness; returns at the fault's end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` groups faults in the report. It can be injected on these topologies only: those with one server each."""

    name: str
    kind: str
    inject: Inject
    topologies: AbstractSet[Topology] = frozenset(Topology) - {Topology.SENTINEL}

    def home_among(self, topologies: Sequence[Topology]) -> Topology | None:
        """Return on which of these it is injected alone; None when it can't be on any."""
        return next((topology for topology in topologies if topology in self.topologies), None)


class MissedError(Exception):
    """The fault could not be injected, here or at this moment; not counted. The message says why."""
