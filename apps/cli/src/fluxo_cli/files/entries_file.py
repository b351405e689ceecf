"""Reads a file of entries into rows of text, CSV or JSON Lines; what the cells mean stands in `cells.py`."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
from fluxo_local.errors import CommandError
from fluxo_statements.formulas import TEXT_COLUMNS, as_typed

from fluxo_cli.output.rendering import printable

ENTRY_COLUMNS: Final = (
    "id",
    "direction",
    "amount",
    "currency",
    "business_date",
    "description",
    "category",
    "reverses",
    "reversed_by",
    "recorded_at",
)
"""An entry's fields as the API names them, in its order: the header of an export."""

_COLUMNS: Final = (*ENTRY_COLUMNS, "idempotency_key")
NEEDED_COLUMNS: Final = ("direction", "amount", "description")
_BYTE_ORDER_MARK: Final = "\ufeff"
_PUT_TOGETHER: Final = (
    "It begins with an invisible byte order mark (U+FEFF), as where a second file was put behind a first: take it out."
)
_NO_TEXT: Final = "It is text in quotes, amounts too, or null."


class Row(NamedTuple):
    """One entry as it stands in the file; a column without a cell is missing or empty. `line` counts from 1."""

    line: int
    cells: Mapping[str, str]


class RowError(NamedTuple):
    """What is wrong with a line, in a sentence; `column` is None when it is the line as a whole."""

    line: int
    column: str | None
    sentence: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.column is None else f"line {self.line}, {self.column}"
        return printable(f"{place}: {self.sentence}")


class EntriesFile(NamedTuple):
    """`day_first`: semicolons divide it, as in a Brazilian spreadsheet, whose dates are 22/11/2026."""

    rows: Iterator[Row | RowError]
    day_first: bool = False


def read_entries(content: bytes, name: str) -> EntriesFile:
    """Return the rows of a CSV file, or of JSON Lines when the name ends in .jsonl, in capitals or not.

    Raises:
        CommandError: it is not UTF-8, or its header does not say what the columns are.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandError(
            f"{name} is not UTF-8 text, from line {line} on: save it as “CSV UTF-8” and import that. Nothing was sent."
        ) from error
    if name.lower().endswith(".jsonl"):
        return EntriesFile(_json_rows(text))
    first_line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    _refuse_other_separators(first_line, name)
    separator = ";" if ";" in first_line else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header = _header(reader, name)
    return EntriesFile(_csv_rows(reader, header), day_first=separator == ";")


def _refuse_other_separators(first_line: str, name: str) -> None:
    if first_line.lower().startswith("sep="):
        raise CommandError(
            f"{name}: the first line, {first_line}, is a spreadsheet's note to itself: take it out. Nothing was sent."
        )
    if "\t" in first_line and not {",", ";"} & set(first_line):
        raise CommandError(f"{name}: tabs divide its cells: save it with commas or semicolons. Nothing was sent.")


def _header(reader: Any, name: str) -> list[str]:
    try:
        header = [cell.strip() for cell in next(reader, [])]
    except csv.Error as error:
        raise CommandError(f"{name}: the first line cannot be read: {error}. Nothing was sent.") from error
    problems = [f"“{column}” is no column of an entry." for column in header if column and column not in _COLUMNS]
    problems += [
        f"Column {number} has no name: is there a separator too many?"
        for number, column in enumerate(header, 1)
        if not column and len(header) > 1
    ]
    problems += [
        f"The column {column} stands there twice." for column, times in Counter(header).items() if column and times > 1
    ]
    problems += [f"The column {column} is missing." for column in NEEDED_COLUMNS if column not in header]
    if problems:
        problems.append(f"The first line names the columns, some of: {', '.join(_COLUMNS)}. Nothing was sent.")
        raise CommandError(printable(f"{name}: {' '.join(problems)}"))
    return header


def _csv_rows(reader: Any, header: list[str]) -> Iterator[Row | RowError]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield RowError(line, None, f"It cannot be read ({error}), nor what follows it: look at its quotes.")
            return
        if cells is None:
            return
        if not any(map(str.strip, cells)):
            # Spreadsheets end with such lines.
            continue
        if any(cell.startswith(_BYTE_ORDER_MARK) for cell in cells):
            yield RowError(line, None, _PUT_TOGETHER)
        elif len(cells) == len(header):
            named = zip(header, cells, strict=True)
            yield Row(line, {column: as_typed(cell) if column in TEXT_COLUMNS else cell for column, cell in named})
        elif len(cells) == len(header) + 1 and not cells[-1].strip():
            yield RowError(line, None, "It ends with a separator too many: it is that of a column without a name.")
        else:
            yield RowError(line, None, f"It has {len(cells)} cells, and the first line names {len(header)} columns.")


def _json_rows(text: str) -> Iterator[Row | RowError]:
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        if written.startswith(_BYTE_ORDER_MARK):
            yield RowError(line, None, _PUT_TOGETHER)
            continue
        try:
            cells = orjson.loads(written)
        except orjson.JSONDecodeError:
            cells = None
        if not isinstance(cells, dict):
            yield RowError(line, None, "It is no JSON object.")
            continue
        errors = [
            RowError(line, column, "There is no such field of an entry." if column not in _COLUMNS else _NO_TEXT)
            for column, value in cells.items()
            if column not in _COLUMNS or not isinstance(value, str | None)
        ]
        errors += [RowError(line, column, "It stands there twice.") for column in _repeated(written)]
        if errors:
            yield from errors
        else:
            yield Row(line, {column: value or "" for column, value in cells.items()})


def _repeated(written: str) -> list[str]:
    """Return the names that a JSON object has more than once: the parser has kept the last of each in silence."""
    names = [name for name, _ in json.loads(written, object_pairs_hook=list)]
    return [] if len(set(names)) == len(names) else [name for name, times in Counter(names).items() if times > 1]
