from datetime import UTC, datetime
from typing import Literal

from prometheus_client import Gauge

from fluxo_chassis.health import Observation

circuit_breaker_state = Gauge(
    "circuit_breaker_state",
    "0 closed (calls go through), 1 half open (one probe), 2 open (calls fail at once, or a loop waits to try again).",
    ["name"],
)
_STATE_VALUES = {"closed": 0, "half-open": 1, "open": 2}

CircuitState = Literal["closed", "half-open", "open"]


class Circuit:
    """What is known of a dependency, for metrics and health: whether it answers, and since when it does not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._state: CircuitState = "closed"
        self._away_since: datetime | None = None
        self._gauge = circuit_breaker_state.labels(name)
        self._gauge.set(0)

    @property
    def state(self) -> CircuitState:
        return self._state

    async def observe(self) -> Observation:
        """The state, as a health check shows it."""
        if self._away_since is None:
            return Observation("pass", self._state)
        since = self._away_since.isoformat(timespec="seconds").replace("+00:00", "Z")
        return Observation("warn", self._state, output=f"away since {since}")

    def _become(self, state: CircuitState) -> None:
        if state == self._state:
            return
        self._state = state
        self._gauge.set(_STATE_VALUES[state])
        if state == "closed":
            self._away_since = None
        elif self._away_since is None:
            self._away_since = datetime.now(UTC)
