"""A day opens with the sum of all earlier days and closes with its own credits and debits applied."""

from collections.abc import Iterator, Mapping, Sequence
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
        if len(self) > RANGE_DAYS_MAX:
            raise RangeTooLongError

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        # Counted rather than stepped: the day after date.max does not exist.
        for offset in range(len(self)):
            yield self.first + offset * ONE_DAY


@dataclass(frozen=True, slots=True)
class RangeBalance:
    """Every day of a range, ascending, at least one; it opens as its first day does and closes as its last."""

    items: Sequence[DailyBalance]

    @property
    def opening_minor(self) -> int:
        return self.items[0].opening_minor

    @property
    def closing_minor(self) -> int:
        return self.items[-1].closing_minor

    @property
    def totals(self) -> Totals:
        return sum((item.totals for item in self.items), NO_TOTALS)


def carry(opening_minor: int, days: DateRange, totals_by_date: Mapping[date, Totals]) -> RangeBalance:
    """Return every day of the range, each opening with what the day before closed with."""
    items = []
    for day in days:
        balance = DailyBalance(day, opening_minor, totals_by_date.get(day, NO_TOTALS))
        items.append(balance)
        opening_minor = balance.closing_minor
    return RangeBalance(items)
