"""A day opens with the sum of all earlier days and closes with its own credits and debits applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

RANGE_DAYS_MAX: Final = 3_660
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a day or a month in minor units; `entry_count` counts entries, reversals included."""

    credits_minor: int = 0
    debits_minor: int = 0
    entry_count: int = 0

    @property
    def net_minor(self) -> int:
        return self.credits_minor - self.debits_minor

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.credits_minor + other.credits_minor,
            self.debits_minor + other.debits_minor,
            self.entry_count + other.entry_count,
        )


NO_TOTALS: Final = Totals()


@dataclass(frozen=True, slots=True)
class DailyBalance:
    """`opening_minor` is the sum of all earlier days; closing = opening + credits - debits, always."""

    date: date
    opening_minor: int
    totals: Totals

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.totals.net_minor


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a merchant's projection stands: `as_of` is the newest recorded_at applied, None when none was."""

    currency: str
    as_of: datetime | None


class RangeUpsideDownError(ValueError):
    def __init__(self) -> None:
        super().__init__("The range ends before it begins.")


class RangeTooLongError(ValueError):
    def __init__(self) -> None:
        super().__init__(f"A range holds at most {RANGE_DAYS_MAX} days.")


@dataclass(frozen=True, slots=True)
class DateRange:
    """Both ends inclusive, at most RANGE_DAYS_MAX days."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise RangeUpsideDownError
        if (self.last - self.first).days >= RANGE_DAYS_MAX:
            raise RangeTooLongError

    def __iter__(self) -> Iterator[date]:
        for offset in range((self.last - self.first).days + 1):
            yield self.first + offset * ONE_DAY


def carry(opening_minor: int, days: DateRange, totals_by_date: Mapping[date, Totals]) -> list[DailyBalance]:
    """Return every day of the range, ascending, each opening with what the day before closed with."""
    balances = []
    for day in days:
        balance = DailyBalance(day, opening_minor, totals_by_date.get(day, NO_TOTALS))
        balances.append(balance)
        opening_minor = balance.closing_minor
    return balances
