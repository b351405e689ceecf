"""A statement held against the books, day by day: what one has and the other has not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.statement_line import StatementLine


class DaySums(NamedTuple):
    """What came in and went out in a day, both without a sign, in minor units."""

    credits_minor: int = 0
    debits_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.credits_minor - self.debits_minor

    def with_line(self, amount_minor: int) -> "DaySums":
        return DaySums(self.credits_minor + max(amount_minor, 0), self.debits_minor - min(amount_minor, 0))


@dataclass(frozen=True, slots=True)
class DifferingDay:
    """A day on which the two differ, and what explains it: what has no counterpart of the same amount."""

    day: date
    statement: DaySums
    books: DaySums
    lines: Sequence[StatementLine]
    entries: Sequence[Entry]


def differing_day(
    day: date, lines: Sequence[StatementLine], entries: Sequence[Entry], statement: DaySums, books: DaySums
) -> DifferingDay | None:
    """Return how the day differs; None where all that was left over are entries that undo each other.

    Twins count: of two lines beside one entry of their amount one has no counterpart.
    """
    waiting: dict[int, list[Entry]] = defaultdict(list)
    for entry in _not_undone(entries):
        waiting[signed(entry)].append(entry)
    without_entry = []
    for line in lines:
        if same := waiting[line.amount_minor]:
            # The one that is described alike, if there is one, is not left over.
            same.remove(next((each for each in same if each.description == line.described()), same[0]))
        else:
            without_entry.append(line)
    without_line = sorted((each for left in waiting.values() for each in left), key=lambda each: each.id)
    if not without_entry and not without_line:
        return None
    return DifferingDay(day, statement, books, without_entry, without_line)


def signed(entry: Entry) -> int:
    return entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor


def _not_undone(entries: Sequence[Entry]) -> Iterable[Entry]:
    here = {entry.id for entry in entries}
    undone: set[UUID | None] = {entry.reverses for entry in entries if entry.reverses in here}
    return (entry for entry in entries if entry.id not in undone and entry.reverses not in undone - {None})
