"""XLSX of any columns; macros are passed over, and formulas are what they last came to."""

from collections.abc import Iterator
from pathlib import Path

from fluxo_statements.model import Item, Terms
from fluxo_statements.sheets.reading import read_tables


def is_xlsx(head: bytes) -> bool:
    """Tell a zip, or what old and encrypted workbooks are in: `read_xlsx` says which of them it can't read."""
    return head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))


def read_xlsx(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield what the first sheet with a header says.

    Raises:
        UnreadableFileError: no workbook that can be read, or no columns that are understood.
    """
    from fluxo_statements.sheets import workbook  # noqa: PLC0415 - its library is loaded where one is read

    return read_tables(workbook.tables(path), terms)
