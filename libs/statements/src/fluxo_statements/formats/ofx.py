"""OFX (and QFX, the same with a tag more): statements of accounts and of cards, several of them in one file.

The standard: https://financialdataexchange.org/ofx. What banks in Brazil make of it: docs/operating/statements.md.
"""

import re
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.ofx_groups import STATEMENTS, closed_groups
from fluxo_statements.formats.ofx_lines import account_of
from fluxo_statements.formats.ofx_tags import tags
from fluxo_statements.model import Item, Place, Terms
from fluxo_statements.text import encoding

_BEGINNING: Final = re.compile(rb"OFXHEADER\s*[:=]|<OFX[\s>]", re.IGNORECASE)
_LINE: Final = re.compile(rb"<STMTTRN[\s/>]", re.IGNORECASE)
_LINE_END: Final = re.compile(rb"</STMTTRN\s*>", re.IGNORECASE)
_END: Final = re.compile(rb"</OFX\s*>", re.IGNORECASE)


def is_ofx(head: bytes) -> bool:
    return _BEGINNING.search(head) is not None


def read_ofx(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield the lines and balances of every account; a line that moves no money yields nothing.

    Raises:
        UnreadableFileError: it is cut off, holds no statement, or has a line that was not found.
    """
    with path.open("rb") as file:
        # Not closed but let go: it cannot be closed while what looks through it is held, as by an error on its way.
        data = mmap(file.fileno(), 0, access=ACCESS_READ)
        code = encoding(file)
    starts, ends = (sum(1 for _ in tag.finditer(data)) for tag in (_LINE, _LINE_END))
    if _END.search(data) is None:
        raise UnreadableFileError(
            f"The OFX file ends without </OFX>, after STMTTRN {starts}: it is not complete. Download it again."
        )
    lines = balances = statements = 0
    for group, statement in closed_groups(tags(data, code)):
        item: Item | None = None
        if group.name in STATEMENTS:
            statements += 1
        elif group.name == "STMTTRN":
            lines += 1
            source = data[group.start : group.stop].decode(code, "replace").strip()
            item = account_of(statement, terms).line(group, Place(lines + balances, f"STMTTRN {lines}"), source)
        elif group.name == "LEDGERBAL" and statement is not None:
            balances += 1
            place = Place(lines + balances, f"LEDGERBAL after STMTTRN {lines}")
            source = data[group.start : group.stop].decode(code, "replace").strip()
            period = statement.groups.get("BANKTRANLIST")
            last_day = period.text("DTEND") if period else ""
            item = account_of(statement, terms).closing(group, last_day, place, source)
        if item is not None:
            yield item
    if statements == 0:
        raise UnreadableFileError(
            "The OFX file holds no statement of an account or a card (STMTRS, CCSTMTRS). Export a statement."
        )
    if lines != starts or ends > starts:
        raise UnreadableFileError(
            f"The OFX file has <STMTTRN> {starts} times and </STMTTRN> {ends} times, and {lines} lines could be found. "
            "Export it again."
        )
