"""Crude counts of what must come out of a file: each line of money that plain text shows must be given or named.

They know no more of a format than its words and columns, take no part of a reader but where a sheet's header is, and
are silent where markup can hide a line from them (comments, entities, what follows a heading of future lines).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from fluxo_statements.model import Item, Terms
from fluxo_statements.sheets import dialect, workbook
from fluxo_statements.sheets.header import find_header
from fluxo_statements.sheets.mapping import Mapping, Meaning

_NOT_ZERO: Final = re.compile("[1-9]")
_DAY: Final = re.compile(r"\s*(?:[0-9]{2}/[0-9]{2}/20[0-9]{2}|20[0-9]{2}-[0-9]{2}-[0-9]{2})\s*", re.ASCII)
_LABEL: Final = re.compile(
    r"s[\W_]*a[\W_]*l[\W_]*d[\W_]*o|sdo|tota|opening|closing|previous|starting|balance", re.IGNORECASE
)
_FUTURE: Final = re.compile("lan[cç]amento|agendamentos|pending", re.IGNORECASE)
_MONEY: Final = (Meaning.AMOUNT, Meaning.CHARGE, Meaning.MONEY_IN, Meaning.MONEY_OUT)


def lost(form: str, path: Path, items: Sequence[Item], terms: Terms) -> list[str]:
    """Return the names of places that hold a line of money of which the items say nothing."""
    given = {item.place.name.partition(", TxDtls")[0] for item in items}
    sources = "\n".join(getattr(item, "source", "") for item in items)
    return [
        place
        for place, line in _EXPECTED[form](path, terms)
        if place not in given and (not line or line not in sources)
    ]


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


Expected = Iterator[tuple[str, str]]
"""The name of a place; where a line may also be part of another place's source, the line."""


def _ofx(path: Path, _terms: Terms) -> Expected:
    text = _text(path)
    for number, line in enumerate(re.split(r"<STMTTRN[\s/>]", text, flags=re.IGNORECASE)[1:], 1):
        amount = re.search(r"<TRNAMT>\s*([^<\r\n]*)", line, re.IGNORECASE)
        if (
            amount
            and _NOT_ZERO.search(amount[1])
            and not re.search(r"[&?]|<!", line + text)
            and not _LABEL.search(line)
        ):
            yield f"STMTTRN {number}", ""


def _cnab(path: Path, _terms: Terms) -> Expected:
    service = ""
    for number, line in enumerate(_lines(_text(path)), 1):
        record = line.removeprefix("\ufeff")
        if record[7:8] == "1":
            service = record[9:11]
        if service == "04" and record[7:8] == "3" and (record[13:14] != "E" or _NOT_ZERO.search(record[150:168])):
            yield f"line {number}", ""


def _camt(path: Path, _terms: Terms) -> Expected:
    content = path.read_bytes()
    if b"<!" in content.replace(b"\0", b""):
        return
    try:
        entries = list(ET.fromstring(content).iterfind(".//{*}Ntry"))  # noqa: S314 - without a DOCTYPE, as said above
    except (ET.ParseError, ValueError, LookupError):
        return
    for number, entry in enumerate(entries, 1):
        status = "".join(text for each in entry.iterfind("{*}Sts") for text in each.itertext())
        amounts = [each.text or "" for each in entry.iterfind("{*}Amt")]
        if amounts and all(map(_NOT_ZERO.search, amounts)) and not re.search("PDNG|INFO|FUTR", status):
            yield f"Ntry {number}", ""


def _mt940(path: Path, _terms: Terms) -> Expected:
    for number, line in enumerate(_lines(_text(path)), 1):
        if line.startswith(":61:") and not re.match(r":61:[0-9]{6}(?:[0-9]{4}| {4})?R?[CD][A-Z]?[0,]*[A-Z]", line):
            yield f"line {number}", ""


def _csv(path: Path, terms: Terms) -> Expected:
    tables = dialect.tables(path)
    found = find_header(tables, terms)
    delimiter = dialect.DELIMITERS[tables.index(found.table)]
    text = _text(path)
    for number, line in enumerate(_lines(text), 1):
        if number > found.header_row:
            if _FUTURE.search(line):
                return
            if '"' not in line and _is_money(line.split(delimiter), found.mapping):
                yield f"line {number}", line


def _xlsx(path: Path, terms: Terms) -> Expected:
    found = find_header(workbook.tables(path), terms)
    before, after = found.table.place
    for row in found.table.rows():
        if row.number > found.header_row:
            if _FUTURE.search(row.source):
                return
            if _is_money(row.cells, found.mapping):
                yield f"{before}{row.number}{after}", ""


def _is_money(cells: Sequence[object], mapping: Mapping) -> bool:
    day_at = mapping.columns.index(Meaning.DAY)
    if mapping.settled or len(cells) <= day_at or any(isinstance(each, str) and _LABEL.search(each) for each in cells):
        return False
    day = cells[day_at]
    if not (isinstance(day, date) or (isinstance(day, str) and _DAY.fullmatch(day))):
        return False
    money = [cells[at] for meaning in _MONEY for at in mapping.all_at(meaning) if at < len(cells)]
    return any(abs(each) >= 0.01 if isinstance(each, float) else _NOT_ZERO.search(str(each)) for each in money)


_EXPECTED: Final = {
    "OFX": _ofx,
    "CNAB 240": _cnab,
    "camt.053": _camt,
    "MT940": _mt940,
    "XLSX": _xlsx,
    "CSV": _csv,
}
