"""A file of text as tables: its encoding, and the delimiters that it may have."""

import codecs
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.sheets.table import Row, Table

DELIMITERS: Final = ";,\t|"
_BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CHUNK_BYTES: Final = 1 << 20
_LINE_MAX: Final = 1 << 20


def is_text(head: bytes) -> bool:
    """Tell whether the beginning of a file is text, with a delimiter in it, that is no markup."""
    if any(head.startswith(bom) for bom in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:5]
    controls = bytes(set(range(32)) - set(b"\t\n\r\f"))
    return (
        start[:1] not in (b"<", b"{", b"[", b"%")
        and not head.translate(None, delete=bytes(set(range(256)) - set(controls)))
        and any(delimiter.encode() in head for delimiter in DELIMITERS)
    )


def tables(path: Path) -> list[Table]:
    """Return the file as it is with each delimiter.

    Raises:
        UnreadableFileError: it is no text in an encoding that is known.
    """
    encoding = _encoding(path)
    return [Table("line", _rows(path, encoding, each), _cells_of_line(each)) for each in DELIMITERS]


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(3)
    marked = next((encoding for bom, encoding in _BOMS.items() if head.startswith(bom)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            with path.open("r", encoding=encoding, newline="") as file:
                while file.read(_CHUNK_BYTES):
                    pass
        except UnicodeError:
            continue
        return encoding
    raise UnreadableFileError(
        f"This is no text in {marked or 'UTF-8 or Windows-1252'}, or it is cut. Save the sheet as CSV in UTF-8 again."
    )


def _rows(path: Path, encoding: str, delimiter: str) -> Callable[[], Iterator[Row]]:
    def rows() -> Iterator[Row]:
        with path.open("r", encoding=encoding, newline="") as file:
            lines: list[str] = []

            def kept() -> Iterator[str]:
                for line in file:
                    if len(line) > _LINE_MAX:
                        raise UnreadableFileError("A line has more than 1 MB. Is this a table?")
                    lines.append(line)
                    yield line

            reader, number = csv.reader(kept(), delimiter=delimiter), 1
            try:
                for cells in reader:
                    yield Row(number, cells, "".join(lines).rstrip("\r\n"))
                    lines.clear()
                    number = reader.line_num + 1
            except csv.Error as error:
                raise UnreadableFileError(
                    f"Line {number}: {error}. Is there a quotation mark that is not closed?"
                ) from None

    return rows


def _cells_of_line(delimiter: str) -> Callable[[str], list[str]]:
    return lambda line: next(csv.reader([line], delimiter=delimiter), [])
