"""The cash book (livro caixa): a merchant's entries of a period in order of their days, with the balance after each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from fluxo_entries.domain.direction import Direction

Form = Literal["csv", "xlsx", "pdf"]
Locale = Literal["pt-BR"]
"""Whose spreadsheet a CSV is for."""


@dataclass(frozen=True, slots=True)
class Head:
    """Whose book, of which days (both inclusive), and the balance that it begins with, in minor units of `currency`."""

    merchant_name: str
    currency: str
    first: date
    last: date
    opening_minor: int
    locale: Locale | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. What came in is a credit, what went out a debit; the other one is 0."""

    business_date: date
    description: str
    category: str
    credit_minor: int
    debit_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a day, or of the whole period up to here: as the daily balances of the same days have them."""

    business_date: date
    opening_minor: int
    credits_minor: int = 0
    debits_minor: int = 0
    entry_count: int = 0

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.credits_minor - self.debits_minor


Row = tuple[date, Direction, int, str, str]
"""An entry's business date, direction, minor units, description and category (empty for none)."""


def lines(head: Head, rows: Iterable[Row]) -> Iterator[Line | Totals]:
    """Yield a line for each entry, and after the last one of a day its totals; rows come in order of their days."""
    day: Totals | None = None
    balance_minor = head.opening_minor
    for business_date, direction, amount_minor, description, category in rows:
        if day is None or day.business_date != business_date:
            if day is not None:
                yield day
            day = Totals(business_date, balance_minor)
        credit, debit = (amount_minor, 0) if direction is Direction.CREDIT else (0, amount_minor)
        day = added(day, credit, debit)
        balance_minor = day.closing_minor
        yield Line(business_date, description, category, credit, debit, balance_minor)
    if day is not None:
        yield day


def added(totals: Totals, credit_minor: int, debit_minor: int, entry_count: int = 1) -> Totals:
    return replace(
        totals,
        credits_minor=totals.credits_minor + credit_minor,
        debits_minor=totals.debits_minor + debit_minor,
        entry_count=totals.entry_count + entry_count,
    )
