from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date
from typing import BinaryIO, Final, NamedTuple

from fluxo_entries.application.cooperative import yielding
from fluxo_entries.application.importing.ports import Books, Imports
from fluxo_entries.application.importing.statements import (
    Difference,
    Reading,
    StatementBalance,
    StatementColumns,
    StatementFormat,
    StatementReader,
    UnreadableLine,
    UnreadableStatementError,
)
from fluxo_entries.application.importing.summing import Sums
from fluxo_entries.application.recording.ports import Merchants
from fluxo_entries.domain.reconciliation import DaySums, DifferingDay, differing_day
from fluxo_entries.domain.statement_line import StatementLine

LINES_MAX: Final = 50_000
"""They are in memory until the answer is there."""

DAYS_MAX: Final = 366
ENTRIES_MAX: Final = 20_000
UNREADABLE_MAX: Final = 100


class Balances(NamedTuple):
    """What the statement says, if it says it, and what the books come to."""

    statement_minor: int | None
    books_minor: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`days` are those that differ, the earliest first; `is_complete` is False where there are more than are named."""

    currency: str
    format: str | None
    first: date
    last: date
    line_count: int
    opening: Balances
    closing: Balances
    days: Sequence[DifferingDay]
    is_complete: bool
    unreadable: Sequence[UnreadableLine]
    guessed: Sequence[str]

    @property
    def agrees(self) -> bool:
        balances_agree = all(each.statement_minor in {None, each.books_minor} for each in (self.opening, self.closing))
        return balances_agree and not self.days and not self.unreadable


@dataclass(slots=True)
class _Statement:
    sums: Sums = field(default_factory=Sums)
    days: dict[date, list[StatementLine]] = field(default_factory=lambda: defaultdict(list))
    balance_days: list[date] = field(default_factory=list)
    unreadable: list[UnreadableLine] = field(default_factory=list)


class ReconcileStatement:
    """Hold a bank's statement against the books: its balances against theirs, and each day's lines against its entries.

    The days that differ are named with what explains them: lines that no entry of their day and amount stands beside,
    and entries that no line does. Several accounts in one file count together, as one book does. Nothing is recorded.
    """

    def __init__(self, books: Books, merchants: Merchants, imports: Imports, reader: StatementReader) -> None:
        self._books = books
        self._imports = imports
        self._merchants = merchants
        self._reader = reader

    async def __call__(self, merchant_id: str, file: BinaryIO) -> Reconciliation:
        """Return how they differ.

        Raises:
            UnreadableStatementError: the file as a whole cannot be read, or is too long.
        """
        currency = (await self._merchants.get(merchant_id)).currency
        reading = Reading(known=await self._imports.known_columns(merchant_id))
        statement = await self._read(file, currency, reading)
        known_days = [*statement.days, *statement.balance_days]
        if not known_days:
            raise UnreadableStatementError("There is neither a line nor a balance in the file that could be compared.")
        first, last = min(known_days), max(known_days)
        opening_minor, books = await self._books.sums(merchant_id, first, last)
        differing = [day async for day in _differing(statement.days, books)]
        days, is_complete = await self._explained(merchant_id, statement, books, differing)
        said = statement.sums.summary()
        closing_minor = opening_minor + sum(of_day.net_minor for of_day in books.values())
        return Reconciliation(
            currency,
            said.format,
            first,
            last,
            said.line_count,
            Balances(said.opening_minor, opening_minor),
            Balances(said.closing_minor, closing_minor),
            days,
            is_complete,
            statement.unreadable,
            said.guessed,
        )

    async def _read(self, file: BinaryIO, currency: str, reading: Reading) -> _Statement:
        statement = _Statement()
        sums = statement.sums
        # Closed at once, whatever ends it, and with it who reads the file.
        async with aclosing(self._reader.read(file, currency, reading)) as pieces:
            async for items in pieces:
                async for item in yielding(items):
                    if isinstance(item, StatementFormat):
                        sums.format = item.name
                    elif isinstance(item, StatementColumns):
                        sums.columns = item
                    elif isinstance(item, Difference):
                        sums.add_difference(item)
                    elif isinstance(item, StatementBalance):
                        sums.add_balance(item)
                        statement.balance_days.append(item.day)
                    elif sums.line_count == LINES_MAX:
                        raise UnreadableStatementError(
                            f"The file has more than {LINES_MAX:,} lines. Take a shorter period."
                        )
                    elif isinstance(item, UnreadableLine):
                        sums.line_count += 1
                        if len(statement.unreadable) < UNREADABLE_MAX:
                            statement.unreadable.append(item)
                    else:
                        sums.line_count += 1
                        sums.add_line(item)
                        statement.days[item.booked_on].append(replace(item, source=""))
        return statement

    async def _explained(
        self, merchant_id: str, statement: _Statement, books: Mapping[date, DaySums], differing: Sequence[date]
    ) -> tuple[list[DifferingDay], bool]:
        named = differing[:DAYS_MAX]
        entries = await self._books.entries_of(merchant_id, named, ENTRIES_MAX + 1)
        by_day = defaultdict(list)
        for entry in entries:
            by_day[entry.business_date].append(entry)
        is_complete = len(named) == len(differing) and len(entries) <= ENTRIES_MAX
        if len(entries) > ENTRIES_MAX:
            # The last day's may be cut off, and those after it are missing.
            named = [day for day in named if day < entries[-1].business_date]
        days = []
        async for day in yielding(named):
            lines = statement.days.get(day, [])
            found = differing_day(day, lines, by_day[day], _sums_of(lines), books.get(day, DaySums()))
            days += [] if found is None else [found]
        return days, is_complete


async def _differing(
    lines: Mapping[date, Sequence[StatementLine]], books: Mapping[date, DaySums]
) -> AsyncIterator[date]:
    async for day in yielding(sorted(lines.keys() | books.keys())):
        if _sums_of(lines.get(day, ())) != books.get(day, DaySums()):
            yield day


def _sums_of(lines: Sequence[StatementLine]) -> DaySums:
    sums = DaySums()
    for line in lines:
        sums = sums.with_line(line.amount_minor)
    return sums
