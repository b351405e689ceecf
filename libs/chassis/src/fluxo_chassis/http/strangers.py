"""Whoever is answered without being known is slowed, once all of them together ask for much.

They can wait, and a connection that waits asks nothing: 64 that asked for a page that is not there made a neighbour's
writes take 93 ms and not 3.5.
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


class Strangers:
    """`small`: what addresses cost that begin with these, of which many may be asked for at once."""

    def __init__(self, small: Mapping[str, float] = PROBES) -> None:
        self._limits = RateLimits(PER_S)
        self._small = small

    def wait_s(self, method: str, path: str, length: int) -> float:
        """Return how long to hold back an answer of so many bytes: mostly not at all."""
        if method == "OPTIONS":
            price = SMALL_PRICE
        else:
            small = (price for begin, price in self._small.items() if path.startswith(begin))
            price = next(small, 1 + length / BYTES_FOR_ONE)
        if self._limits.admits("", price):
            return 0.0
        return uniform(0, min(2 * HELD_S * price, HELD_MAX_S))  # noqa: S311 - so that they don't all come again at once
