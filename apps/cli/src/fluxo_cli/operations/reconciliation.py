"""Derives every day again from the entries and holds the balances against it, in one pass and bounded memory."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeVar

Key = TypeVar("Key", bound=tuple[object, ...])

# A projection that was never filled differs on every day; nobody reads further than this.
WRONG_DAYS_MAX: Final = 1_000

_TOTALS: Final = ("credits_minor", "debits_minor", "entry_count")

CURRENCY_DEFAULT: Final = "BRL"
"""Of a merchant of whom nothing is recorded."""


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """Sums of one merchant's entries of one business date, in minor units of their currency."""

    merchant_id: str
    business_date: date
    credits_minor: int
    debits_minor: int
    entry_count: int
    currency: str = field(default=CURRENCY_DEFAULT, kw_only=True)

    @property
    def key(self) -> tuple[str, date]:
        return self.merchant_id, self.business_date


@dataclass(frozen=True, slots=True)
class ConsolidatedDay(RecordedDay):
    """The same day as the balances service has it, with what it opens and closes with."""

    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class CategoryMonth:
    """What either side has of a merchant's month and category, as of a day; without a category it is empty."""

    merchant_id: str
    month: date
    category: str
    credits_minor: int
    debits_minor: int
    entry_count: int
    currency: str = field(default=CURRENCY_DEFAULT, kw_only=True)

    @property
    def key(self) -> tuple[str, date, str]:
        return self.merchant_id, self.month, self.category


@dataclass(frozen=True, slots=True)
class Difference:
    """`figure` names a field of ConsolidatedDay. A day that the balances lack counts as found with zero totals."""

    figure: str
    expected: int
    found: int


@dataclass(slots=True)
class Comparison:
    """`wrong` holds the days that differ, in order; `complete` is false when WRONG_DAYS_MAX ended it early.

    `wrong_categories` holds the months of categories; they are compared when the days are.

    `moving` are those of them of which more entries count than the time before; `currencies` is what their merchants'
    figures are in.
    """

    merchants: int = 0
    days: int = 0
    wrong: dict[tuple[str, date], tuple[Difference, ...]] = field(default_factory=dict)
    wrong_categories: dict[tuple[str, date, str], tuple[Difference, ...]] = field(default_factory=dict)
    moving: set[tuple[str, date]] = field(default_factory=set)
    currencies: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    @property
    def agrees(self) -> bool:
        return self.complete and not self.wrong and not self.wrong_categories

    def still_wrong_after(self, earlier: "Comparison") -> "Comparison":
        """Leave out what agreed the time before: it waits for an event that is only just under way."""
        if self.complete and earlier.complete:
            self.wrong = _in_both(self.wrong, earlier.wrong)
            self.wrong_categories = _in_both(self.wrong_categories, earlier.wrong_categories)
        self.moving = {
            key
            for key, differences in self.wrong.items()
            if _expectations(differences) != _expectations(earlier.wrong.get(key, differences))
        }
        return self


def _in_both(
    now: dict[Key, tuple[Difference, ...]], before: dict[Key, tuple[Difference, ...]]
) -> dict[Key, tuple[Difference, ...]]:
    return {key: differences for key, differences in now.items() if key in before}


def _expectations(differences: Iterable[Difference]) -> dict[str, int]:
    return {difference.figure: difference.expected for difference in differences}


@dataclass(frozen=True, slots=True)
class Window:
    """Both ends inclusive; None is open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def compare(
    recorded: Iterable[RecordedDay],
    consolidated: Iterable[ConsolidatedDay],
    window: Window = Window(),
    on_day: Callable[[], object] = lambda: None,
) -> Comparison:
    """Compare both sides, each ascending by (merchant in code-point order, date) and from the first day on.

    Openings are the sums of all that was recorded before, so both sides are needed in full even when the window is
    small; only days inside it are reported, and counted if they have entries.
    """
    comparison = Comparison()
    for merchant_id, days in groupby(_joined(recorded, consolidated), key=lambda day: day[0].merchant_id):
        days_before = comparison.days
        for expected, found in days:
            if expected.business_date not in window:
                continue
            comparison.days += expected.entry_count > 0 or (found is not None and found.entry_count > 0)
            on_day()
            if differences := tuple(_differences(expected, found)):
                comparison.wrong[merchant_id, expected.business_date] = differences
                comparison.currencies[merchant_id] = expected.currency
            if len(comparison.wrong) >= WRONG_DAYS_MAX:
                comparison.complete = False
                break
        comparison.merchants += comparison.days > days_before
        if not comparison.complete:
            break
    return comparison


def compare_categories(
    comparison: Comparison,
    recorded: Iterable[CategoryMonth],
    consolidated: Iterable[CategoryMonth],
    window: Window = Window(),
) -> None:
    """Add the categories that differ, each side ascending by its keys; of the window's first month all days count."""
    first = window.first and window.first.replace(day=1)
    sides = heapq.merge(
        ((each.key, "expected", each) for each in recorded), ((each.key, "found", each) for each in consolidated)
    )
    for key, of_key in groupby(sides, key=itemgetter(0)):
        merchant_id, month, category = key
        if first is not None and month < first:
            continue
        nothing = CategoryMonth(merchant_id, month, category, 0, 0, 0)
        both = {side: each for _, side, each in of_key}
        expected, found = both.get("expected", nothing), both.get("found", nothing)
        if differences := tuple(_unlike(expected, found, _TOTALS)):
            comparison.wrong_categories[key] = differences
            comparison.currencies.setdefault(merchant_id, expected.currency)
        if len(comparison.wrong_categories) >= WRONG_DAYS_MAX:
            comparison.complete = False
            break


def _joined(
    recorded: Iterable[RecordedDay], consolidated: Iterable[ConsolidatedDay]
) -> Iterator[tuple[ConsolidatedDay, ConsolidatedDay | None]]:
    """Yield each day that either side knows: as the entries make it, and as the balances have it (None: not at all)."""
    current, currency, opening_minor = "", CURRENCY_DEFAULT, 0
    in_order = heapq.merge(recorded, consolidated, key=lambda day: day.key)
    for (merchant_id, business_date), sides in groupby(in_order, key=lambda day: day.key):
        if merchant_id != current:
            current, currency, opening_minor = merchant_id, CURRENCY_DEFAULT, 0
        day, found = RecordedDay(merchant_id, business_date, 0, 0, 0, currency=currency), None
        for side in sides:
            if isinstance(side, ConsolidatedDay):
                found = side
            else:
                day = side
        closing_minor = opening_minor + day.credits_minor - day.debits_minor
        yield _consolidated(day, opening_minor, closing_minor), found
        currency, opening_minor = day.currency, closing_minor


def _consolidated(day: RecordedDay, opening_minor: int, closing_minor: int) -> ConsolidatedDay:
    return ConsolidatedDay(
        day.merchant_id,
        day.business_date,
        day.credits_minor,
        day.debits_minor,
        day.entry_count,
        opening_minor,
        closing_minor,
        currency=day.currency,
    )


def _differences(expected: ConsolidatedDay, found: ConsolidatedDay | None) -> Iterator[Difference]:
    if found is None:
        return _unlike(expected, ConsolidatedDay(expected.merchant_id, expected.business_date, 0, 0, 0, 0, 0), _TOTALS)
    return _unlike(expected, found, (*_TOTALS, "opening_minor", "closing_minor"))


def _unlike(expected: object, found: object, figures: Iterable[str]) -> Iterator[Difference]:
    for figure in figures:
        if (wanted := getattr(expected, figure)) != (had := getattr(found, figure)):
            yield Difference(figure, wanted, had)
