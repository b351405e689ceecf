"""What days add up to, from the daily balances of the balances service. Decimal throughout: exact to 28 digits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Sums:
    """Money in and out from `first` to `last`, and what they opened and closed with."""

    first: date
    last: date
    opening: Decimal
    credits: Decimal
    debits: Decimal
    closing: Decimal
    entry_count: int

    @property
    def net(self) -> Decimal:
        return self.credits - self.debits

    @classmethod
    def of(cls, days: Sequence[dict[str, Any]]) -> Self:
        """Return the sum of daily balances, which follow one another without a gap."""
        return cls(
            date.fromisoformat(days[0]["date"]),
            date.fromisoformat(days[-1]["date"]),
            Decimal(days[0]["opening_balance"]),
            add(Decimal(day["total_credits"]) for day in days),
            add(Decimal(day["total_debits"]) for day in days),
            Decimal(days[-1]["closing_balance"]),
            sum(day["entry_count"] for day in days),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A figure beside the one of the days before; `share` is the difference in parts of that one, None of nothing."""

    now: Decimal
    before: Decimal

    @property
    def difference(self) -> Decimal:
        return self.now - self.before

    @property
    def share(self) -> Decimal | None:
        return self.difference / abs(self.before) if self.before else None


def by_day(days: Iterable[dict[str, Any]]) -> list[Sums]:
    return [Sums.of([day]) for day in days]


def by_month(days: Iterable[dict[str, Any]]) -> list[Sums]:
    months = groupby(days, lambda day: str(day["date"])[: len("YYYY-MM")])
    return [Sums.of(list(of_month)) for _month, of_month in months]


def add(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal())
