from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random

from system import System
from topologies import Topology

Inject = Callable[[System, float, Random], Awaitable[None]]
"""Takes the system, how many seconds to hold what can be held, and randomness; returns at the fault's end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` groups faults in the report. It can be injected on these topologies only."""

    name: str
    kind: str
    inject: Inject
    topologies: AbstractSet[Topology] = frozenset(Topology)

    @property
    def home(self) -> Topology:
        """Where it is injected alone."""
        return next(topology for topology in Topology if topology in self.topologies)


class MissedError(Exception):
    """The fault could not be injected, here or at this moment; not counted. The message says why."""
