"""An XLSX workbook as tables: its visible sheets. Cells that a formula should fill, and no program did, say so."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.sheets.package import Gaps, look_into
from fluxo_statements.sheets.table import Cell, Row, Table, Uncomputed, text_of

_OLD_OR_ENCRYPTED: Final = b"\xd0\xcf\x11\xe0"
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, CalamineError, OSError, EOFError),
    *(KeyError, NotImplementedError, RuntimeError, ValueError),
)
"""What a zip file that is cut, changed, or packed with a password raises, part by part."""


def tables(path: Path) -> list[Table]:
    """Return each visible sheet of a workbook, in its order.

    Raises:
        UnreadableFileError: it is none, an old or an encrypted one, damaged, or too large once unpacked.
    """
    with path.open("rb") as file:
        if file.read(4) == _OLD_OR_ENCRYPTED:
            raise UnreadableFileError(
                "This is an old workbook (.xls) or one with a password. Save it as .xlsx without a password."
            )
    with _readable(), zipfile.ZipFile(path) as archive, path.open("rb") as file:
        package = look_into(archive)
        book = CalamineWorkbook.from_filelike(file)  # its from_path goes by the file's name
        sheet = lru_cache(maxsize=1)(book.get_sheet_by_name)
        return [
            Table("row", _rows(sheet, name, package.uncomputed.get(name, {})), sheet=name, from_1904=package.from_1904)
            for name, kind, visible in ((each.name, each.typ, each.visible) for each in book.sheets_metadata)
            if kind is SheetTypeEnum.WorkSheet and visible is SheetVisibleEnum.Visible
        ]


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise UnreadableFileError(
            f"This workbook can't be read, it is cut or damaged: {error}. Save it again."
        ) from None


def _rows(sheet_named: Callable[[str], CalamineSheet], name: str, uncomputed: Gaps) -> Callable[[], Iterator[Row]]:
    def rows() -> Iterator[Row]:
        with _readable():
            sheet = sheet_named(name)
            first_column, width, number = (sheet.start or (0, 0))[1], sheet.width, 0
            for number, values in enumerate(sheet.iter_rows(), start=1):
                cells = [_cell(value) for value in values]
                yield _row(number, cells, uncomputed.get(number), first_column)
            for left in sorted(each for each in uncomputed if each > number):  # rows that the library does not give
                yield _row(left, [""] * width, uncomputed[left], first_column)

    return rows


def _row(number: int, cells: list[Cell], uncomputed: dict[int, str] | None, first_column: int) -> Row:
    for column, name in (uncomputed or {}).items():
        if 0 <= column - first_column < len(cells):
            cells[column - first_column] = Uncomputed(name)
    return Row(number, cells, "\t".join(map(text_of, cells)))


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, str | float | date) and not isinstance(value, bool) else str(value)
