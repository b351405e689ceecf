"""A row that is no line of money: a balance, something for the eye, or what was meant as a line and can't be read."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import BalanceKind, Place, StatementBalance, Terms, UnreadableLine
from fluxo_statements.sheets.header import Found
from fluxo_statements.sheets.headers import mapping_of
from fluxo_statements.sheets.labels import balance_in, is_not_booked, is_total
from fluxo_statements.sheets.lines import Lines
from fluxo_statements.sheets.mapping import Meaning, names_of
from fluxo_statements.sheets.table import Cell, Row, text_of

_MONEY: Final = (Meaning.AMOUNT, Meaning.CHARGE, Meaning.MONEY_IN, Meaning.MONEY_OUT, Meaning.BALANCE)

NO_DAY: Final = date.min
"""Of an opening balance whose row has none."""


class Others:
    def __init__(self, found: Found, lines: Lines, terms: Terms) -> None:
        self._lines, self._account, self._currency = lines, found.account, terms.currency
        self._header = names_of(lines.mapping.header)
        self._money_at = [at for meaning in _MONEY for at in lines.mapping.all_at(meaning)]

    def read(
        self, row: Row, cells: Sequence[Cell], place: Place, reason: str
    ) -> StatementBalance | UnreadableLine | None:
        """Return what a row is that could not be read as a line for that reason; None if it never was meant as one.

        Raises:
            UnreadableFileError: another table begins with it.
        """
        texts = [text_of(cell) for cell in cells]
        if not any(texts) or (self._header and names_of(texts) == self._header):
            return None
        if not any(map(_has_digit, texts)) and mapping_of(texts).lacks() is None:
            raise UnreadableFileError(
                f"With {place.name} another table with other columns begins. Save each in a file of its own."
            )
        labels = first_text(cells), " ".join([texts[at] for at in self._lines.described_at if texts[at]])
        day = texts[self._lines.day_at]
        has_day = _has_digit(day) and any(each in day for each in "123456789")  # 00/00/0000 stands for none
        if (kind := balance_in(labels[1]) or balance_in(labels[0])) is not None:
            is_dated = has_day and balance_in(day) is None
            if is_dated or (kind is BalanceKind.OPENING and self._has_money(texts)):
                return self._balance(row, cells, place, kind, is_dated=is_dated)
            return None
        if is_not_booked(labels[0]):
            return UnreadableLine(place, f"What follows {labels[0]!r} is not booked yet, and was left out.", row.source)
        if any(is_total(label, of_a_day=has_day) for label in labels):
            return None
        meant = self._has_money(texts) or row.broken or "\n" in row.source or (has_day and sum(map(bool, texts)) > 1)
        faults = self._lines.faults(cells)
        return UnreadableLine(place, " ".join(faults) if reason in faults else reason, row.source) if meant else None

    def _has_money(self, texts: Sequence[str]) -> bool:
        return any(_has_digit(texts[at]) for at in self._money_at)

    def _balance(
        self, row: Row, cells: Sequence[Cell], place: Place, kind: BalanceKind, *, is_dated: bool
    ) -> StatementBalance | UnreadableLine:
        lines, at = self._lines, self._lines.balance_at
        try:
            amount = lines.money(cells[at]) if at is not None and text_of(cells[at]) else lines.amount(cells)
            day = lines.day(cells[lines.day_at]) if is_dated else NO_DAY
            return StatementBalance(place, kind, day, amount, self._currency, self._account)
        except ValueError as error:
            return UnreadableLine(place, str(error), row.source)


def first_text(cells: Sequence[Cell]) -> str:
    return next(filter(None, map(text_of, cells)), "")


def _has_digit(text: str) -> bool:
    return any(map(str.isdecimal, text))
