"""A sheet's rows as lines of money, balances, and what can't be read."""

from collections.abc import Iterator, Sequence
from datetime import date

from fluxo_statements.model import BalanceKind, Item, Place, StatementBalance, StatementLine, Terms
from fluxo_statements.sheets.header import Found, find_header
from fluxo_statements.sheets.labels import is_not_booked
from fluxo_statements.sheets.lines import Lines
from fluxo_statements.sheets.others import NO_DAY, Others, first_text
from fluxo_statements.sheets.settling import rows_below
from fluxo_statements.sheets.table import Table


def read_tables(tables: Sequence[Table], terms: Terms) -> Iterator[Item]:
    """Yield the items of the first table that is understood, in the order of its rows.

    Raises:
        UnreadableFileError: none is; or the file breaks off on the way.
    """
    found = find_header(tables, terms)
    opening: StatementBalance | None = None
    last: StatementLine | None = None
    earliest = date.max
    for item in _items(found, terms):
        if isinstance(item, StatementLine):
            last, earliest = item, min(item.booked_on, earliest)
            if opening is not None:
                yield _dated(opening, item.booked_on)
                opening = None
        elif isinstance(item, StatementBalance) and item.kind is BalanceKind.OPENING:
            opening = item
            continue
        yield item
    if opening is not None and last is not None:
        yield _dated(opening, earliest if opening.day == NO_DAY else last.booked_on)
    elif opening is not None and opening.day != NO_DAY:
        yield opening


def _dated(opening: StatementBalance, beside: date) -> StatementBalance:
    """Return the balance before a line with that line's day: some banks date it by the day that it closed."""
    return opening._replace(day=max(opening.day, beside))


def _items(found: Found, terms: Terms) -> Iterator[Item]:
    lines = Lines(found, terms)
    others = Others(found, lines, terms)
    width, (before, after) = len(lines.mapping.columns), found.table.place
    for row in rows_below(found):
        cells = row.cells
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        place = Place(row.number, f"{before}{row.number}{after}")
        try:
            line = lines.line(row, cells, place)
            if line is not None:
                if terms.fees_apart:
                    yield from lines.apart(line, cells)
                else:
                    yield line
        except ValueError as error:
            lines.money.notes.clear()
            other = others.read(row, cells, place, str(error))
            if other is not None:
                yield other
                if is_not_booked(first_text(cells)):
                    return
