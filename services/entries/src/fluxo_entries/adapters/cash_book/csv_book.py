import csv
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from fluxo_contracts.currencies import money_in
from fluxo_statements.formulas import defused

from fluxo_entries.domain.cash_book import Head, Line, Row, Totals, added, lines


class _Style(NamedTuple):
    columns: tuple[str, ...]
    opening: tuple[str, str]
    """Kind and description of the row; so for the others. No entry has the kind of another row."""
    entry: str
    day: tuple[str, str]
    closing: tuple[str, str]
    date: Callable[[date], str]
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal_sign: str = "."


_PROGRAMS: Final = _Style(
    ("kind", "date", "description", "category", "credit", "debit", "balance"),
    ("opening", ""),
    "entry",
    ("day", ""),
    ("closing", ""),
    date.isoformat,
)
_BRAZIL: Final = _Style(
    ("Tipo", "Data", "Histórico", "Categoria", "Entrada", "Saída", "Saldo"),
    ("saldo", "Saldo anterior"),
    "lançamento",
    ("total", "Total do dia"),
    ("saldo", "Saldo final"),
    "{:%d/%m/%Y}".format,
    encoding="utf-8-sig",  # without the mark, Excel takes the file for Windows-1252
    delimiter=";",
    decimal_sign=",",
)


def write_csv(path: Path, head: Head, rows: Iterable[Row]) -> None:
    """Write a header, `opening`, then each `entry` and after its last one each `day`, `closing`.

    It is UTF-8 (RFC 4180) with amounts of 1234.56; for pt-BR as a spreadsheet in Brazil opens it by itself.
    Before a text that a spreadsheet would run stands an apostrophe.
    """
    style = _BRAZIL if head.locale == "pt-BR" else _PROGRAMS
    plain = money_in(head.currency)

    def money(amount_minor: int) -> str:
        return plain(amount_minor).replace(".", style.decimal_sign)

    def sums(totals: Totals) -> tuple[str, str, str]:
        return money(totals.credits_minor), money(totals.debits_minor), money(totals.closing_minor)

    period = Totals(head.last, head.opening_minor)
    with path.open("w", encoding=style.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=style.delimiter)
        writer.writerow(style.columns)
        writer.writerow(_marked(style.opening, style.date(head.first), "", "", money(head.opening_minor)))
        for line in lines(head, rows):
            day = style.date(line.business_date)
            if isinstance(line, Line):
                credit = money(line.credit_minor) if line.credit_minor else ""
                debit = money(line.debit_minor) if line.debit_minor else ""
                texts = defused(line.description), defused(line.category)
                writer.writerow((style.entry, day, *texts, credit, debit, money(line.balance_minor)))
                period = added(period, line.credit_minor, line.debit_minor)
            else:
                writer.writerow(_marked(style.day, day, *sums(line)))
        writer.writerow(_marked(style.closing, style.date(head.last), *sums(period)))


def _marked(mark: tuple[str, str], day: str, *amounts: str) -> tuple[str, ...]:
    kind, description = mark
    return (kind, day, description, "", *amounts)
