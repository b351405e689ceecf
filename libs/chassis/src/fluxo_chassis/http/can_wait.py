"""Who can wait for an answer: whoever is not known, and who is refused, once they ask for much.

A connection that waits asks nothing: 64 that asked for a page that is not there made a neighbour's writes take 93 ms
and not 3.5.
"""

from collections.abc import Mapping
from random import uniform
from typing import Final

from fluxo_chassis.resilience.rate_limits import RateLimits

PER_S: Final = 100.0
"""Answers of this price that a process gives at once, and a thousand after a pause; they take a fiftieth of a core."""

SMALL_PRICE: Final = 0.5
"""Of probes and preflights, which others wait for."""

PROBES: Final[Mapping[str, float]] = {"/health": SMALL_PRICE}

BYTES_FOR_ONE: Final = 10_000

HELD_S: Final = 0.5
"""So long an answer of price 1 is held back, on average: whoever asks on and on is slowed, and keeps nobody waiting."""

HELD_MAX_S: Final = 5.0

REFUSALS_PER_S: Final = 20.0
"""Of one tenant who is over a limit or may not do it, two hundred after a pause."""


class CanWait:
    """`small`: what addresses cost strangers that begin with these, of which many may be asked for at once."""

    def __init__(self, small: Mapping[str, float] = PROBES) -> None:
        self._strangers = RateLimits(PER_S)
        self._refused = RateLimits(REFUSALS_PER_S)
        self._small = small

    def refused_s(self, tenant: str) -> float:
        """Return how long to hold back the refusal of a tenant who is known."""
        return 0.0 if self._refused.admits(tenant, 1) else _some(2 * HELD_S)

    def stranger_s(self, method: str, path: str, length: int) -> float:
        """Return how long to hold back an answer of so many bytes to who is not known: mostly not at all."""
        if method == "OPTIONS":
            price = SMALL_PRICE
        else:
            small = (price for begin, price in self._small.items() if path.startswith(begin))
            price = next(small, 1 + length / BYTES_FOR_ONE)
        return 0.0 if self._strangers.admits("", price) else _some(min(2 * HELD_S * price, HELD_MAX_S))


def _some(of_s: float) -> float:
    return uniform(0, of_s)  # noqa: S311 - so that they don't all come again at once
