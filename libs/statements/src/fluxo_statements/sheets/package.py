"""What is looked at in a workbook's zip before a library reads it: its size, its extent, formulas without a value."""

import posixpath
import re
import zipfile
from html import unescape
from typing import IO, Final, NamedTuple

from fluxo_statements.errors import UnreadableFileError

UNPACKED_BYTES_MAX: Final = 128 << 20  # some 550,000 rows of five columns, which take 250 MB of memory to read
_PLAN_BYTES_MAX: Final = 4 << 20  # of the parts that say which sheets there are
CELLS_MAX: Final = 4_000_000  # the library keeps 32 bytes for each from the first to the last, be there one or not
_UNCOMPUTED_MAX: Final = 10_000
_CHUNK_BYTES: Final = 1 << 20
_BOOK: Final = "xl/workbook.xml"
# None of these runs on past the tag that it began in: their time grows with the text and not with its square.
_TAG: Final = re.compile(r"<(?:\w+:)?(sheet|Relationship|workbookPr)\s[^<>]*>")
_ATTRIBUTE: Final = re.compile(r'\s(?:\w+:)?(\w+)="([^"]*)"')
_PLACE: Final = re.compile(rb"\sr\s*+=\s*+[\"']([A-Z]{0,3})([0-9]{1,7})[\"']")
# The library takes a column of any letters, and then room for all that are before it. First told cheaply, as of most.
_MAY_BE_NO_PLACE: Final = re.compile(rb'\sr(?!="[A-Z]{0,3}[0-9]{1,7}")\s*+=')
_NO_PLACE: Final = re.compile(
    rb"<(?:\w+:)?(?:c|row)\s(?:[^<>]*\s)?r\s*+=\s*+(?![\"'][A-Z]{0,3}[0-9]{1,7}[\"'])([^<>]{0,20})[^<>]*+>"
)
_UNCOMPUTED: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^<>]*><f(?:\s[^<>]*)?(?:/>|>[^<]*</f>)(?:<v\s*/>|<v>\s*</v>)?</c>'
)

Gaps = dict[int, dict[int, str]]
"""Names of cells with formulas without a value, by row from 1 and column from 0."""


class Package(NamedTuple):
    uncomputed: dict[str, Gaps]
    """By the sheet's name."""
    from_1904: bool
    """How its days count."""


def look_into(archive: zipfile.ZipFile) -> Package:
    """Return what a workbook's parts say that the library does not.

    Raises:
        UnreadableFileError: it is no .xlsx workbook, or takes too much to be read.
    """
    if _BOOK not in archive.namelist():
        raise UnreadableFileError("This is a zip and no .xlsx workbook. Take the files out of it, and give one by one.")
    if sum(each.file_size for each in archive.infolist()) > UNPACKED_BYTES_MAX:
        raise UnreadableFileError(
            f"Unpacked, this workbook has more than {UNPACKED_BYTES_MAX >> 20} MB. Save the sheet as CSV."
        )
    tags = [
        (match[1], {key: unescape(value) for key, value in _ATTRIBUTE.findall(match[0])})
        for part in (_BOOK, "xl/_rels/workbook.xml.rels")
        for match in _TAG.finditer(_plan(archive, part))
    ]
    parts = {
        said.get("Id"): posixpath.join("xl", said.get("Target", "")) for tag, said in tags if tag == "Relationship"
    }
    sheets = {str(parts.get(said.get("id"))).lstrip("/"): said.get("name", "") for tag, said in tags if tag == "sheet"}
    uncomputed = {}
    for each in archive.infolist():  # all of them: a part that is larger than it says fails here, not in the library
        with archive.open(each) as part:
            uncomputed[sheets.get(each.filename, "")] = _uncomputed_in(part)
    return Package(uncomputed, any(said.get("date1904") in ("1", "true") for tag, said in tags if tag == "workbookPr"))


def _plan(archive: zipfile.ZipFile, part: str) -> str:
    with archive.open(part) as file:
        content = file.read(_PLAN_BYTES_MAX)
    return content.decode("utf-8", "replace")


def _uncomputed_in(part: IO[bytes]) -> Gaps:
    found: Gaps = {}
    last_row, last_column, rest = 0, 0, b""
    while chunk := part.read(_CHUNK_BYTES):
        text = rest + chunk
        if _MAY_BE_NO_PLACE.search(text) and (odd := _NO_PLACE.search(text)) is not None:
            raise UnreadableFileError(
                f"A cell is said to stand at {odd[1].decode(errors='replace')}, which is no place in a sheet. "
                "Open the file in a spreadsheet program, and save it."
            )
        for letters, row in set(_PLACE.findall(text)):
            last_row, last_column = max(last_row, int(row)), max(last_column, _column(letters))
        if last_row * (last_column + 1) > CELLS_MAX:
            raise UnreadableFileError(
                f"A sheet reaches down to row {last_row} and over {last_column + 1} columns. Delete what stands far "
                "from its table, or save it as CSV."
            )
        for letters, row in _UNCOMPUTED.findall(text):
            found.setdefault(int(row), {})[_column(letters)] = name = f"{letters.decode()}{row.decode()}"
            if len(found) > _UNCOMPUTED_MAX:
                raise UnreadableFileError(
                    f"Formulas have no values, {name} for one. Open the file in a spreadsheet program, and save it."
                )
        begun = text.rfind(b"<c ")
        rest = text[begun if begun >= 0 else text.rfind(b"<") :][-_CHUNK_BYTES:]
    return found


def _column(letters: bytes) -> int:
    """Return a column's number from 0, -1 for none."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
