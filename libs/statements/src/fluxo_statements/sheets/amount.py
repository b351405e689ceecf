"""The amount of a row, from the column or the columns that say it."""

from collections.abc import Callable, Sequence

from fluxo_statements.sheets.labels import direction_in
from fluxo_statements.sheets.mapping import Mapping, Meaning
from fluxo_statements.sheets.money import Money
from fluxo_statements.sheets.table import Cell, text_of

AmountOf = Callable[[Sequence[Cell]], int]
"""A row's amount in minor units, > 0 in and < 0 out; raises ValueError, a sentence."""


def amount_reader(mapping: Mapping, money: Money) -> AmountOf:
    amount_at, direction_at = mapping.at(Meaning.AMOUNT), mapping.at(Meaning.DIRECTION)
    if (charge_at := mapping.at(Meaning.CHARGE)) is not None:
        return lambda cells: -money(cells[charge_at])
    if amount_at is None:
        return _in_or_out(mapping.at(Meaning.MONEY_IN), mapping.at(Meaning.MONEY_OUT), money)
    if direction_at is None:
        return lambda cells: money(cells[amount_at])
    return _with_direction(amount_at, direction_at, money)


def _with_direction(amount_at: int, direction_at: int, money: Money) -> AmountOf:
    def amount_of(cells: Sequence[Cell]) -> int:
        amount, word = money(cells[amount_at]), text_of(cells[direction_at])
        if (direction := direction_in(word)) is None:
            raise ValueError(f"{word[:40]!r} says neither credit nor debit.")
        if amount < 0 and direction > 0:
            raise ValueError("Its amount has a minus, and another column says that it came in.")
        return abs(amount) * direction

    return amount_of


def _in_or_out(in_at: int | None, out_at: int | None, money: Money) -> AmountOf:
    def written(cells: Sequence[Cell], at: int | None) -> int | None:
        cell = "" if at is None else cells[at]
        return money(cell) if not isinstance(cell, str) or cell.strip(" -") else None

    def amount_of(cells: Sequence[Cell]) -> int:
        came_in, went_out = written(cells, in_at), written(cells, out_at)
        if came_in is None and went_out is None:
            raise ValueError("It has no amount.")
        if came_in and went_out:
            raise ValueError("It has an amount that came in and one that went out.")
        if came_in is not None and came_in < 0:
            raise ValueError("It has a minus in the column of what came in.")
        return (came_in or 0) - abs(went_out or 0)

    return amount_of
