import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as aware UTC instants; and one beside it that only ever goes on."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
