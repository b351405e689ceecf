"""The days that somebody looks at together: a day, a week from Monday to Sunday (ISO 8601), a month or a year."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self
from urllib.parse import urlencode

from fluxo_dashboard.language.dates import FIRST_YEAR

KINDS: Final = ("day", "week", "month", "year")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """`first` and `last` are the calendar's; what lies after `today` is not shown."""

    by: str
    first: date
    last: date
    today: date

    @classmethod
    def around(cls, by: str, day: date, today: date) -> Self:
        if by == "day":
            return cls(by, day, day, today)
        if by == "week":
            monday = day - day.weekday() * _DAY
            return cls(by, monday, monday + 6 * _DAY, today)
        if by == "month":
            days = monthrange(day.year, day.month)[1]
            return cls(by, day.replace(day=1), day.replace(day=days), today)
        return cls(by, date(day.year, 1, 1), date(day.year, 12, 31), today)

    @property
    def end(self) -> date:
        """The last day that is shown."""
        return min(self.last, self.today)

    @property
    def is_running(self) -> bool:
        """Whether days are still to come."""
        return self.last > self.today

    @property
    def previous(self) -> Self | None:
        """None before the first day that the services know."""
        if self.first == date(FIRST_YEAR, 1, 1):
            return None
        return self.around(self.by, self.first - _DAY, self.today)

    @property
    def next(self) -> Self | None:
        """None into the future."""
        return self.around(self.by, self.last + _DAY, self.today) if self.last < self.today else None

    @property
    def address(self) -> str:
        """The same at all times, but for the period of today, which is always the one of today."""
        query = {"by": self.by} if self.last >= self.today else {"by": self.by, "on": self.first.isoformat()}
        return f"?{urlencode(query)}"

    def compared(self) -> tuple[date, date] | None:
        """Return which days this period is compared with: the previous one, or as many days of it as this has so far.

        None where there is none. A month of 31 days is compared with the whole of a shorter one.
        """
        before = self.previous
        if before is None:
            return None
        if not self.is_running:
            return before.first, before.last
        return before.first, min(before.last, before.first + (self.end - self.first))
