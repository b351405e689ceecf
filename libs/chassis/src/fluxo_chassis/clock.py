from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as aware UTC instants."""

    def now(self) -> datetime:
        return datetime.now(UTC)
