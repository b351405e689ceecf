"""A day opens with the sum of all earlier days and closes with its own credits and debits applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from operator import sub
from typing import Final

RANGE_DAYS_MAX: Final = 3_660


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a day or a month in minor units; `entry_count` counts entries, reversals included."""

    credits_minor: int = 0
    debits_minor: int = 0
    entry_count: int = 0

    @property
    def net_minor(self) -> int:
        return self.credits_minor - self.debits_minor


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
class MerchantState:
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
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))


@dataclass(frozen=True, slots=True)
class TotalsByDay:
    """Totals of those days of a range that have entries, in any order, as columns of one length.

    (An object for each of 3,650 days costs more than all the rest of answering with them.)
    """

    dates: Sequence[date] = ()
    credits_minor: Sequence[int] = ()
    debits_minor: Sequence[int] = ()
    entry_counts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class RangeBalance:
    """Every day of a range, ascending, as columns; it opens as its first day does and closes as its last.

    A day opens with `balances_minor` at its place, and closes with the one after that: there is one more than days.
    """

    days: DateRange
    balances_minor: Sequence[int]
    credits_minor: Sequence[int]
    debits_minor: Sequence[int]
    entry_counts: Sequence[int]

    @property
    def opening_minor(self) -> int:
        return self.balances_minor[0]

    @property
    def closing_minor(self) -> int:
        return self.balances_minor[-1]

    @property
    def totals(self) -> Totals:
        return Totals(sum(self.credits_minor), sum(self.debits_minor), sum(self.entry_counts))


def carry_forward(opening_minor: int, days: DateRange, totals: TotalsByDay) -> RangeBalance:
    """Return every day of the range, each opening with what the day before closed with."""
    credits_minor, debits_minor, entry_counts = ([0] * len(days) for _ in range(3))
    columns = (totals.dates, totals.credits_minor, totals.debits_minor, totals.entry_counts)
    first = days.first.toordinal()
    for day, credit_minor, debit_minor, entry_count in zip(*columns, strict=True):
        at = day.toordinal() - first
        credits_minor[at], debits_minor[at], entry_counts[at] = credit_minor, debit_minor, entry_count
    balances_minor = list(accumulate(map(sub, credits_minor, debits_minor), initial=opening_minor))
    return RangeBalance(days, balances_minor, credits_minor, debits_minor, entry_counts)
