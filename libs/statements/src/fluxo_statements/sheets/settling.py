"""What a whole column says and a single cell does not: the order of its days, its decimal sign, what went out."""

from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice
from typing import Final, NamedTuple

from fluxo_statements.model import Terms
from fluxo_statements.sheets.days import day_first_in, is_open
from fluxo_statements.sheets.header import Found
from fluxo_statements.sheets.labels import direction_in
from fluxo_statements.sheets.mapping import Mapping, Meaning, words
from fluxo_statements.sheets.money import decimal_sign_in, is_signed, may_be_thousands
from fluxo_statements.sheets.table import Cell, Row, text_of

_LOOKED_AT: Final = 1000  # rows for signs
_MONEY: Final = (Meaning.AMOUNT, Meaning.CHARGE, Meaning.MONEY_IN, Meaning.MONEY_OUT, Meaning.BALANCE, Meaning.GROSS)
_CHARGES: Final = "Its amounts are what was bought: they went out, and what has a minus came in."
_PAYMENTS: Final = ("pagamento recebido", "pgto recebido", "payment received", "payment thank you")
_OF_CARDS: Final = {"bandeira", "parcela", "parcelas", "nsu", "card brand"}


class Settled(NamedTuple):
    mapping: Mapping
    day_first: bool
    decimal_sign: str
    guessed: tuple[str, ...]


def rows_below(found: Found) -> Iterator[Row]:
    return dropwhile(lambda row: row.number <= found.header_row, found.table.rows())


def settle(found: Found, terms: Terms) -> Settled:
    """Return how the sheet's cells are to be read, and what of it nothing in the sheet says."""
    mapping, guessed = _with_direction(found)
    if found.also:
        guessed.append(f"Only {found.table.sheet} was read: there are tables in {', '.join(found.also)[:200]} too.")
    said = _what_columns_say(found, mapping, terms.decimals)
    if said.day_first is None and said.open_day and not mapping.portuguese:
        guessed.append(f"{said.open_day} was read day first: nothing in its column says what is first.")
    decimal_sign = said.decimal_sign or ("," if mapping.portuguese else ".")
    if said.decimal_sign is None and said.open_amount:
        name = "comma" if decimal_sign == "," else "point"
        guessed.append(
            f"{said.open_amount} was read with a decimal {name}: nothing in its column says what the sign is."
        )
    return Settled(mapping, said.day_first is not False, decimal_sign, tuple(guessed))


class _Said(NamedTuple):
    day_first: bool | None
    open_day: str
    """The first that can be read in two ways."""
    decimal_sign: str | None
    open_amount: str


def _what_columns_say(found: Found, mapping: Mapping, decimals: int) -> _Said:
    """Look at all rows until one says it; numbers and days that are typed say nothing here."""
    day_first, decimal_sign, open_day, open_amount, last = mapping.day_first, mapping.decimal_sign, "", "", ""
    day_at = mapping.columns.index(Meaning.DAY)
    money_at = [at for at, meaning in enumerate(mapping.columns) if meaning in _MONEY]
    for _number, cells, _source, _broken in rows_below(found):
        if day_first is None and isinstance(day := _at(cells, day_at), str) and day != last:
            last, day_first = day, day_first_in(day.strip())
            open_day = open_day or (day if is_open(day.strip()) else "")
        if decimal_sign is None:
            amounts = [
                cell for at in money_at if isinstance(cell := _at(cells, at), str) and ("." in cell or "," in cell)
            ]
            decimal_sign = next(filter(None, (decimal_sign_in(cell, decimals) for cell in amounts)), None)
            open_amount = open_amount or next(filter(may_be_thousands, amounts), "").strip()
        if day_first is not None and decimal_sign is not None:
            break
    return _Said(day_first, open_day, decimal_sign, open_amount)


def _at(cells: Sequence[Cell], at: int) -> Cell:
    return cells[at] if at < len(cells) else ""


def _with_direction(found: Found) -> tuple[Mapping, list[str]]:
    """Return the mapping, with the column that says in or out if none is known, and what was guessed so far."""
    mapping = found.mapping
    if mapping.name is not None:
        turned = [_CHARGES] if Meaning.CHARGE in mapping.columns else []
        return mapping, [f"The columns are those of {mapping.name}.", *turned]
    at = mapping.at(Meaning.AMOUNT)
    if at is None or {Meaning.DIRECTION, Meaning.GROSS} & set(mapping.columns):
        return mapping, []
    first = [row.cells for row in islice(rows_below(found), _LOOKED_AT) if at < len(row.cells) and row.cells[at] != ""]
    if any(is_signed(cells[at]) for cells in first):
        return mapping, _may_be_charges(mapping, first, at)
    for column in _may_say_direction(mapping, at):
        said = {text for cells in first if column < len(cells) and (text := text_of(cells[column]))}
        if said and None not in map(direction_in, said):
            columns = (*mapping.columns[:column], Meaning.DIRECTION, *mapping.columns[column + 1 :])
            name = repr(mapping.header[column]) if mapping.header[column] else "without a name"
            return mapping._replace(columns=columns), [f"The column {name} says what came in and what went out."]
    return mapping, ["No amount has a sign, and no column says in or out: all came in."]


def _may_be_charges(mapping: Mapping, first: Sequence[Sequence[Cell]], amount_at: int) -> list[str]:
    """Return what is to be said where a payment that came in has a minus, as in the statement of a credit card."""
    for cells in first:
        described = " ".join(text_of(cells[at]) for at in mapping.all_at(Meaning.DESCRIPTION) if at < len(cells))
        if words(described).startswith(_PAYMENTS) and text_of(cells[amount_at]).startswith(("-", "\u2212", "(")):
            return [f"{described[:60]!r} has a minus and so went out. In a card's statement it would have come in."]
    return []


def _may_say_direction(mapping: Mapping, amount_at: int) -> list[int]:
    """Return the columns to ask. In a report of card sales they would say credit or debit card."""
    if _OF_CARDS & set(mapping.header):
        return []
    unknown = [column for column, meaning in enumerate(mapping.columns) if meaning is None]
    return [*mapping.all_at(Meaning.KIND), *sorted(unknown, key=lambda column: abs(column - amount_at))]
