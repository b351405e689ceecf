"""CSV of any columns."""

from collections.abc import Iterator
from pathlib import Path

from fluxo_statements.model import Item, Terms
from fluxo_statements.sheets import dialect
from fluxo_statements.sheets.reading import read_tables


def is_csv(head: bytes) -> bool:
    return dialect.is_text(head)


def read_csv(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield what the sheet says; reads the file twice or more, and keeps no more of it than a row.

    Raises:
        UnreadableFileError: no text, no columns that are understood, or a quotation mark that is not closed.
    """
    return read_tables(dialect.tables(path), terms)
