from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from system import System

Inject = Callable[[System, float, Random], Awaitable[None]]
"""Takes the system, how many seconds to hold what can be held, and randomness; returns at the fault's end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` groups faults in the report. One that `needs_proxies` can only be injected between proxied servers."""

    name: str
    kind: str
    inject: Inject
    needs_proxies: bool = False


class MissedError(Exception):
    """The fault could not be injected, here or at this moment; not counted. The message says why."""
