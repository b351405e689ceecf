"""What a file's columns are read as, for who shows it, has it corrected, and keeps it by the header's fingerprint."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.csv_sheet import read_csv
from fluxo_statements.formats.xlsx_sheet import read_xlsx
from fluxo_statements.model import Item, Terms
from fluxo_statements.openings import dated_by_what_follows
from fluxo_statements.recognise import recognise
from fluxo_statements.sheets import dialect
from fluxo_statements.sheets.days import Days
from fluxo_statements.sheets.header import COLUMNS_MAX, ROWS_ABOVE_MAX, UnknownColumnsError, find_header
from fluxo_statements.sheets.headers import mapping_of
from fluxo_statements.sheets.mapping import Mapping as Meanings
from fluxo_statements.sheets.mapping import Meaning, fingerprint, names_of, words
from fluxo_statements.sheets.reading import read_tables
from fluxo_statements.sheets.table import Table, text_of

MEANINGS: Final = {"date": Meaning.DAY} | {each.value: each for each in Meaning if each is not Meaning.DAY}
"""By the word that a person says: "date=Data,amount=Valor"."""

GIVEN_MAX: Final = 40
"""Columns that one can say the meaning of."""

_NAME_MAX: Final = 60
_WORDS: Final = {meaning: word for word, meaning in MEANINGS.items()}
_SEVERAL: Final = {Meaning.DESCRIPTION, Meaning.BANK_ID}


class ColumnsError(UnreadableFileError):
    """What was said of the columns does not do for this file; the sentence names the columns that there are."""


class Columns(NamedTuple):
    fingerprint: str
    """Of the header; empty where the sheet has none, so that nothing can be kept under it."""
    names: tuple[str, ...]
    """As the file writes them."""
    meanings: tuple[str | None, ...]
    """Of each column; None for one that is passed over."""
    origin: str
    """Who says so: the `header`, the known `report` that it is; or it was `given` now, or before, and `remembered`."""
    text: str
    """The same as who says it would: "date=#1,amount=#3"."""


class ReadAs(NamedTuple):
    name: str
    """Of the format."""
    columns: Columns | None
    """None for a file in another format than a sheet's."""
    items: Iterator[Item]


def read_as(path: Path, terms: Terms, given: str = "", known: Mapping[str, str] | None = None) -> ReadAs:
    """Return what a file says, and what its columns are taken for.

    `given` is what they mean, by their names or their numbers: "date=Data,amount=#3"; all others are passed over.
    `known` is the same by fingerprints of headers.

    Raises:
        ColumnsError: what was given does not do.
        UnreadableFileError: the file can't be read at all; other reasons come with the items.
    """
    form = recognise(path)
    tables = _tables(path, form.items)
    if tables is None:
        if given:
            raise ColumnsError("This file is no sheet: it has no columns to say the meaning of.")
        return ReadAs(form.name, None, form.read(path, terms))
    columns, mapping = _columns(tables, terms, given, known or {})
    items = read_tables(tables, terms._replace(mapping=mapping))
    return ReadAs(form.name, columns, dated_by_what_follows(items))


def _tables(path: Path, read: object) -> Sequence[Table] | None:
    if read is read_csv:
        return dialect.tables(path)
    if read is read_xlsx:
        from fluxo_statements.sheets import workbook  # noqa: PLC0415 - its library is loaded where one is read

        return workbook.tables(path)
    return None


def _columns(
    tables: Sequence[Table], terms: Terms, given: str, known: Mapping[str, str]
) -> tuple[Columns | None, Meanings | None]:
    """Return what to show, and the mapping to read by where the header alone does not say it."""
    said = [part.strip() for part in given.split(",") if part.strip()]
    asked = {words(name) for name in (part.partition("=")[2] for part in said) if not name.strip().startswith("#")}
    header = None
    if asked:
        header = _row(tables, lambda texts: asked <= set(names_of(texts)))
    if header is None and known:
        header = _row(tables, lambda texts: fingerprint(texts) in known)
    if header is not None and not given:
        mapping: Meanings = _resolved(known[fingerprint(header)].split(","), header)
        return _shown(header, mapping, "remembered"), mapping
    try:
        found = find_header(tables, terms)
    except UnknownColumnsError as error:
        header, mapping = header or error.header, mapping_of(error.header)
    except UnreadableFileError:
        return None, None  # Which is said again when it is read.
    else:
        mapping = found.mapping
        row = next(row for row in found.table.rows() if row.number == found.header_row)
        header = header or tuple(map(text_of, row.cells[:COLUMNS_MAX]))
    if given:
        mapping = _resolved(said, header)
        return _shown(header, mapping, "given"), mapping
    return _shown(header, mapping, "header" if mapping.name is None else "report"), None


def _row(tables: Sequence[Table], is_it: Callable[[Sequence[str]], bool]) -> tuple[str, ...] | None:
    for table in tables:
        for row in islice(table.rows(), ROWS_ABOVE_MAX):
            texts = tuple(map(text_of, row.cells[:COLUMNS_MAX]))
            if is_it(texts):
                return texts
    return None


def _shown(header: Sequence[str], mapping: Meanings, origin: str) -> Columns:
    meanings = tuple(None if each is None else _WORDS[each] for each in mapping.columns)
    text = ",".join(f"{meaning}=#{at}" for at, meaning in enumerate(meanings, 1) if meaning is not None)
    named = fingerprint(header) if mapping.header else ""
    return Columns(named, tuple(name[:_NAME_MAX] for name in header), meanings, origin, text)


def _resolved(said: Sequence[str], header: Sequence[str]) -> Meanings:
    """Return the mapping that is meant.

    What tells settled sales from others in a known report goes on to do so: what is not paid is not recorded.
    """
    there = f"The columns are: {', '.join(filter(None, (name[:_NAME_MAX] for name in header)))[:600]}."
    columns: list[Meaning | None] = [None] * len(header)
    for part in said:
        word, equals, name = (each.strip() for each in part.partition("="))
        if not equals:
            raise ColumnsError(f"{part[:60]!r} is not of the form date=Data. {there}")
        if word not in MEANINGS:
            raise ColumnsError(
                f"{word[:60]!r} is nothing that a column can mean: one of {', '.join(MEANINGS)} is. {there}"
            )
        meaning, at = MEANINGS[word], _place(name, header, there)
        if columns[at] is not None:
            raise ColumnsError(f"The column {name[:60]!r} is given twice. {there}")
        if meaning in columns and meaning not in _SEVERAL:
            raise ColumnsError(f"Two columns are given for {word}. {there}")
        columns[at] = meaning
    if len(said) > GIVEN_MAX:
        raise ColumnsError(f"At most {GIVEN_MAX} columns can be given. {there}")
    if Meaning.DAY not in columns:
        raise ColumnsError(f"Missing is one with the day (date). {there}")
    if not {Meaning.AMOUNT, Meaning.CHARGE, Meaning.MONEY_IN, Meaning.MONEY_OUT} & set(columns):
        raise ColumnsError(f"Missing is one with the amount (amount, or money_in and money_out). {there}")
    base = mapping_of(header)
    if (status := base.at(Meaning.STATUS)) is not None and columns[status] is None:
        columns[status] = Meaning.STATUS
    names = () if _is_day(header[columns.index(Meaning.DAY)]) else base.header
    return base._replace(header=names, columns=tuple(columns), name=None)


def _place(name: str, header: Sequence[str], there: str) -> int:
    if name.startswith("#") and name[1:].isdecimal():
        at = int(name[1:]) - 1
        if 0 <= at < len(header):
            return at
    named = [at for at, each in enumerate(header) if words(each) == words(name) and words(each)]
    if len(named) > 1:
        raise ColumnsError(
            f"Two columns are named {name[:60]!r}: say {' or '.join(f'#{at + 1}' for at in named)}. {there}"
        )
    if not named:
        raise ColumnsError(f"There is no column {name[:60]!r}. {there}")
    return named[0]


def _is_day(cell: str) -> bool:
    """Tell whether what looked most like a header is a line of the sheet: then it has none."""
    try:
        return bool(Days(day_first=True)[cell])
    except ValueError:
        return False
