"""Which format a file is in: by what stands in it, never by its name."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.camt053 import is_camt053, read_camt053
from fluxo_statements.formats.cnab240 import is_cnab240, read_cnab240
from fluxo_statements.formats.csv_sheet import is_csv, read_csv
from fluxo_statements.formats.mt940 import is_mt940, read_mt940
from fluxo_statements.formats.ofx import is_ofx, read_ofx
from fluxo_statements.formats.xlsx_sheet import is_xlsx, read_xlsx
from fluxo_statements.model import Item, Terms
from fluxo_statements.openings import dated_by_what_follows

HEAD_BYTES: Final = 65_536


class Format(NamedTuple):
    name: str
    """As people call it: "OFX"."""
    is_it: Callable[[bytes], bool]
    """Tells by the first `HEAD_BYTES` of a file."""
    items: Callable[[Path, Terms], Iterator[Item]]
    """Yields items as it reads; raises UnreadableFileError. Holds no more of the file than its library must."""

    def read(self, path: Path, terms: Terms) -> Iterator[Item]:
        """Yield what the file says, each opening balance with its day; raises as `items`."""
        return dated_by_what_follows(self.items(path, terms))


FORMATS: Final[Sequence[Format]] = (
    Format("OFX", is_ofx, read_ofx),
    Format("CNAB 240", is_cnab240, read_cnab240),
    Format("camt.053", is_camt053, read_camt053),
    Format("MT940", is_mt940, read_mt940),
    Format("XLSX", is_xlsx, read_xlsx),
    Format("CSV", is_csv, read_csv),
)
"""Asked in this order; the sheets, which nearly anything looks like, come last."""


def recognise(path: Path) -> Format:
    """Return the file's format.

    Raises:
        UnreadableFileError: it is empty, or looks like none; the sentence names what was looked for.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise UnreadableFileError("The file is empty.")
    for each in FORMATS:
        if each.is_it(head):
            return each
    names = ", ".join(each.name for each in FORMATS)
    raise UnreadableFileError(f"This is no statement that can be read here. Looked for: {names}.")


def read_statement(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield what the file says, whatever format it is in.

    Raises:
        UnreadableFileError: at once or on the way; then nothing that came before may be recorded.
    """
    return recognise(path).read(path, terms)
