"""Where a sheet's table begins, and what its columns mean."""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import Terms
from fluxo_statements.sheets.days import is_day
from fluxo_statements.sheets.headers import mapping_of
from fluxo_statements.sheets.mapping import Mapping, names_of
from fluxo_statements.sheets.table import Row, Table, text_of

ROWS_ABOVE_MAX: Final = 100
COLUMNS_MAX: Final = 300
_ACCOUNT: Final = re.compile(r"\b(?:conta|account)\b[^0-9]{0,25}([0-9][0-9./-]{2,}[0-9xX])", re.IGNORECASE)


class Found(NamedTuple):
    table: Table
    header_row: int
    """Its number; 0 where the sheet has none."""
    mapping: Mapping
    account: str | None
    """As the lines above the header name it."""
    also: tuple[str, ...] = ()
    """Other sheets whose header is understood too; they are not read."""


class UnknownColumnsError(UnreadableFileError):
    """No header of the file is understood. `header` is the row that looks most like one: ask what its columns mean."""

    def __init__(self, sentence: str, header: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.header = header


def find_header(tables: Sequence[Table], terms: Terms) -> Found:
    """Return the first table whose header is understood, or is the one that the mapping is for.

    Which delimiter a file has needs no statistics so: it is the one under which the columns are known ones.

    Raises:
        UnknownColumnsError: there is none; the sentence names what was found and what is missing.
        UnreadableFileError: the mapping does not do, there is no table, or its amounts are in another currency.
    """
    mapping = terms.mapping
    if mapping is not None and (missing := mapping.lacks()) is not None:
        raise UnreadableFileError(f"The mapping that was given has no column for what is needed: {missing}.")
    if mapping is not None and not mapping.header:
        return _without_header(tables, mapping)
    for at, table in enumerate(tables):
        if (found := _found_in(table, mapping, terms.currency)) is not None:
            also = (other.sheet for other in tables[at + 1 :] if _found_in(other, mapping, terms.currency) is not None)
            return found._replace(also=tuple(also))
    raise _unknown_columns(tables, mapping)


def _found_in(table: Table, mapping: Mapping | None, currency: str) -> Found | None:
    above: list[str] = []
    for row in islice(table.rows(), ROWS_ABOVE_MAX):
        texts = _texts(row)
        read = mapping_of(texts) if mapping is None else mapping
        if read.lacks() is None and (mapping is None or names_of(texts) == names_of(mapping.header)):
            if currency != "BRL" and any("R$" in text for text in texts):
                raise UnreadableFileError(f"The header says R$, and amounts in {currency} were expected.")
            for each in islice(table.rows(), len(above) + 1):
                _refuse_open_quotes(each, table)
            return Found(table, row.number, read, _account_in(above))
        above.append(" ".join(filter(None, texts)))
    return None


def _refuse_open_quotes(row: Row, table: Table) -> None:
    """A header may be broken into lines in quotes; what is no header is a line of money that nobody would miss."""
    if table.cells_of_line is None:
        return
    for line in row.source.splitlines()[1:]:
        inner = table.cells_of_line(line)
        if len(inner) > 1 and any(is_day(text_of(cell)) for cell in inner):
            raise UnreadableFileError(
                f"A quotation mark in line {row.number} takes in other lines, such as: {line[:60]}."
                " Close it, or leave it out."
            )


def _unknown_columns(tables: Sequence[Table], mapping: Mapping | None) -> UnreadableFileError:
    """Return the error that shows the row with most known columns, or else with most cells."""
    rows = [
        (
            sum(column is not None for column in mapping_of(texts).columns),
            sum(map(bool, texts)),
            table,
            row.number,
            texts,
        )
        for table in tables
        for row in islice(table.rows(), ROWS_ABOVE_MAX)
        if sum(map(bool, texts := _texts(row))) > 1
    ]
    if not rows:
        return UnreadableFileError("There is no table of several columns in this file.")
    _known, _filled, table, number, texts = max(rows, key=lambda row: row[:2])
    before, after = table.place
    found = f"{before.capitalize()}{number}{after} has: {', '.join(filter(None, texts))[:300]}."
    if mapping is None:
        wanted = f"Missing is {mapping_of(texts).lacks()}. Say what the columns mean."
    else:
        wanted = "The mapping that was given is for other columns."
    return UnknownColumnsError(f"The columns are not understood. {found} {wanted}", texts)


def _without_header(tables: Sequence[Table], mapping: Mapping) -> Found:
    width = len(mapping.columns)
    for table in tables:
        if any(len(row.cells) == width for row in islice(table.rows(), ROWS_ABOVE_MAX)):
            return Found(table, 0, mapping, None)
    raise UnreadableFileError(f"No row has the {width} columns that the mapping is for.")


def _texts(row: Row) -> tuple[str, ...]:
    return tuple(map(text_of, row.cells[:COLUMNS_MAX]))


def _account_in(lines: Sequence[str]) -> str | None:
    return next((match[1] for line in lines if (match := _ACCOUNT.search(line))), None)
