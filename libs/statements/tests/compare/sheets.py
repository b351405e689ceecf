"""The samples of CSV and XLSX as other libraries read them, against what is expected here; run by hand.

.venv/bin/uv run --with duckdb==2.0.1 --with clevercsv==0.8.5 --with openpyxl==3.1.5 \
    libs/statements/tests/compare/sheets.py

No library knows what a column means: that, and where the table begins, is told to each of them, and the cells of each
are made lines by the same few rules below, which share nothing with those of the readers. What differs, and why,
stands in docs/operating/statements.md.
"""

import csv
import json
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import clevercsv
import duckdb
import openpyxl
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.model import Terms
from fluxo_statements.recognise import recognise
from fluxo_statements.sheets import dialect, workbook
from fluxo_statements.sheets.header import Found, find_header
from fluxo_statements.sheets.mapping import Mapping, Meaning
from fluxo_statements.sheets.settling import settle

SAMPLES = Path(__file__).parents[1] / "samples"
BRL = Terms("BRL", 2)
Rows = Iterable[Sequence[Any]]
NO_LINE = re.compile(r"\s*(?:saldo|s a l d o|total|totais|subtotal|opening|closing|balance)\b", re.IGNORECASE)


def python_csv(path: Path, _found: Found) -> Rows:
    text = decoded(path)
    return csv.reader(text.splitlines(keepends=True), csv.Sniffer().sniff(text))


def clever_csv(path: Path, _found: Found) -> Rows:
    text = decoded(path)
    return clevercsv.reader(text.splitlines(keepends=True), clevercsv.Sniffer().sniff(text))


def duck_db(path: Path, _found: Found) -> Rows:
    """Its own dialect, types and all, as `SELECT * FROM 'file'` gives them."""
    yield from duckdb.sql(f"SELECT * FROM read_csv('{path}')").fetchall()


def open_pyxl(path: Path, found: Found) -> Rows:
    with path.open("rb") as file:  # it refuses a name that is not .xlsx
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        yield from list(book[found.table.sheet].iter_rows(values_only=True))[found.header_row :]


def decoded(path: Path) -> str:
    content = path.read_bytes()
    code = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(code)
    except UnicodeDecodeError:
        return content.decode("cp1252")


def minor(cell: Any) -> int:
    """Return cents of a number, or of a text whose last sign before at most two digits is the decimal one."""
    if not isinstance(cell, str):
        return int((Decimal(str(cell)) * 100).to_integral_value(ROUND_HALF_UP)) if cell is not None else 0
    text = re.sub(r"R\$|BRL|\s", "", cell.replace("\u2212", "-"))
    if not (digits := re.fullmatch(r"[-+(]?([0-9.,]+)[-)]?([CD]?)", text)):
        return 0
    whole, fraction = re.fullmatch(r"(.*?)(?:[.,]([0-9]{1,2}))?", digits[1]).groups()
    cents = int((re.sub("[.,]", "", whole) or "0") + (fraction or "").ljust(2, "0"))
    return -cents if "-" in text or "(" in text or digits[2] == "D" else cents


def day(cell: Any, *, month_first: bool) -> str | None:
    """Return a day with its year; a number or another text is none."""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    text = str(cell).strip()
    if match := re.match(r"(20[0-9]{2})-?([0-9]{2})-?([0-9]{2})", text):
        return "-".join(match.groups())
    if match := re.match(r"([0-9]{2})[-/.]([0-9]{2})[-/.](20[0-9]{2})", text):
        first, second, year = match.groups()
        return f"{year}-{first}-{second}" if month_first else f"{year}-{second}-{first}"
    return None


def lines(rows: Rows, mapping: Mapping) -> list[tuple[str, int]]:
    def at(row: Sequence[Any], meaning: Meaning) -> Any:
        place = mapping.at(meaning)
        return row[place] if place is not None and place < len(row) else None

    kept, found = list(rows), []
    month_first = any(re.match("[0-9]{2}.(?:1[3-9]|[23][0-9]).20", str(at(row, Meaning.DAY))) for row in kept)
    for row in kept:
        described = next((str(row[at]) for at in mapping.all_at(Meaning.DESCRIPTION) if at < len(row)), "")
        booked = day(at(row, Meaning.DAY), month_first=month_first)
        is_settled = not mapping.settled or str(at(row, Meaning.STATUS)).lower() in mapping.settled
        is_money = str(at(row, Meaning.CURRENCY) or "BRL") == "BRL"
        if booked is None or NO_LINE.match(described) or not is_settled or not is_money:
            continue
        amount = minor(at(row, Meaning.AMOUNT)) - minor(at(row, Meaning.CHARGE))
        amount += minor(at(row, Meaning.MONEY_IN)) - abs(minor(at(row, Meaning.MONEY_OUT)))
        if re.match(r"d|-|sa[ií]da", str(at(row, Meaning.DIRECTION)).strip(), re.IGNORECASE):
            amount = -abs(amount)
        if amount:
            found.append((booked, amount))
    return found


def expected(path: Path) -> list[tuple[str, int]]:
    items = json.loads(path.with_name(f"{path.name}.expected.json").read_text())
    given = [each["StatementLine"] for each in items if "StatementLine" in each]
    return [(each["booked_on"], each["amount_minor"]) for each in given]


def difference(path: Path, found: Found, read: Callable[[Path, Found], Rows]) -> str:
    try:
        theirs = Counter(lines(read(path, found), settle(found, BRL).mapping))
    except Exception as error:  # noqa: BLE001 - whatever they raise is a finding
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:70]}"
    ours = Counter(expected(path))
    said = [f"lacks {booked} {amount}" for booked, amount in (ours - theirs).elements()]
    said += [f"has {booked} {amount}" for booked, amount in (theirs - ours).elements()]
    return ("; ".join(said[:3]) + (f"; {len(said) - 3} more" if len(said) > 3 else "")).replace("|", "/")


def table(folder: str, tables: Callable[[Path], Any], readers: list[Callable[[Path, Found], Rows]]) -> None:
    names = " | ".join(reader.__name__ for reader in readers)
    sys.stdout.write(f"\n| {folder} | {names} |\n|---|{'---|' * len(readers)}\n")
    read = 0
    for path in sorted((SAMPLES / folder).iterdir()):
        if path.name.endswith(".json"):
            continue
        try:
            found = find_header(tables(path), BRL)
            list(recognise(path).read(path, BRL))
        except UnreadableFileError:
            continue
        read += 1
        cells = [difference(path, found, reader) for reader in readers]
        if any(cells):
            sys.stdout.write(f"| `{path.name}` | {' | '.join(cells)} |\n")
    sys.stdout.write(f"\nOf {read} samples that are read here.\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    table("csv", dialect.tables, [python_csv, clever_csv, duck_db])
    table("xlsx", workbook.tables, [open_pyxl])
