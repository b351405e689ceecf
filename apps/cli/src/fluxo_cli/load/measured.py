"""What came of many requests."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from fluxo_cli.load.connection import Exchange

_GOOD = range(200, 300)
_NOT_MODIFIED = 304


def percentile(sorted_values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all do not exceed (nearest rank); NaN of none."""
    if not sorted_values:
        return math.nan
    rank = math.ceil(percent / 100 * len(sorted_values))
    return sorted_values[max(rank, 1) - 1]


@dataclass(slots=True)
class Measured:
    """Latencies run from the instant a request was due, so that a stall counts for all it held up.

    Only good answers (2xx and 304) have a latency; everything else is an error, by its status, 0 for no answer.
    `late_s`: how much later than due the driver itself came round to each request, whatever the answers did.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    cache_hits: int = 0
    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    late_s: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, exchange: Exchange) -> None:
        self.statuses[exchange.status] += 1
        if _is_good(exchange.status):
            self.latencies_s.append(exchange.answered - exchange.due)
            self.cache_hits += b"; hit" in exchange.cache_status

    @property
    def requests(self) -> int:
        return self.statuses.total()

    @property
    def errors(self) -> int:
        return self.requests - len(self.latencies_s)

    @property
    def good_per_s(self) -> float:
        return len(self.latencies_s) / self.seconds if self.seconds else 0.0

    def bad_statuses(self) -> dict[int, int]:
        """Return how many errors there were by status."""
        return {status: count for status, count in self.statuses.items() if not _is_good(status)}

    def percentiles_ms(self, *percents: float) -> list[float]:
        latencies = sorted(self.latencies_s)
        return [percentile(latencies, percent) * 1_000 for percent in percents]

    @property
    def late_p99_ms(self) -> float:
        """NaN for a closed loop, where nothing is due."""
        return percentile(sorted(self.late_s), 99) * 1_000


def _is_good(status: int) -> bool:
    return status in _GOOD or status == _NOT_MODIFIED
