from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from fluxo_contracts.currencies import DECIMALS

from fluxo_entries.domain.cash_book import Head, Line, Row, Totals, lines

_HEADINGS: Final = (("Data", 11), ("Histórico", 60), ("Categoria", 20), ("Entrada", 16), ("Saída", 16), ("Saldo", 18))
_OF_DAYS: Final = (("Data", 11), ("Saldo inicial", 18), ("Entradas", 16), ("Saídas", 16), ("Saldo final", 18))
_ABOVE: Final = 3


def write_xlsx(path: Path, head: Head, rows: Iterable[Row]) -> None:
    """Write two sheets: entries with the balance after each, and days with their totals; a column's sum is its own.

    Numbers and dates are real, texts are texts whatever they begin with. Rows leave the memory as they are written.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": "Livro caixa"})
        sheets = _Sheets(book, head)
        for line in lines(head, rows):
            if isinstance(line, Line):
                sheets.add_entry(line)
            else:
                sheets.add_day(line)


class _Sheets:
    def __init__(self, book: Any, head: Head) -> None:
        self._decimals = DECIMALS.get(head.currency, 2)
        pattern = "#,##0" + ("." + "0" * self._decimals if self._decimals else "")
        self._money = book.add_format({"num_format": f"{pattern};[Red]-{pattern}"})
        self._day = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        # Without it a spreadsheet would read the text as a formula once somebody has edited the cell.
        self._text = book.add_format({"quote_prefix": True})
        self._bold = book.add_format({"bold": True})
        self._heading = book.add_format({"bold": True, "bottom": 1})
        self._entries = self._sheet(book, "Lançamentos", _HEADINGS, head)
        self._days = self._sheet(book, "Dias", _OF_DAYS, head)
        self._next_entry, self._next_day = _ABOVE + 2, _ABOVE + 1
        self._entries.write_datetime(_ABOVE + 1, 0, head.first, self._day)
        self._entries.write_string(_ABOVE + 1, 1, "Saldo anterior", self._bold)
        self._write_money(self._entries, _ABOVE + 1, 5, head.opening_minor)

    def add_entry(self, line: Line) -> None:
        row = self._next_entry
        self._entries.write_datetime(row, 0, line.business_date, self._day)
        self._entries.write_string(row, 1, line.description, self._text)
        self._entries.write_string(row, 2, line.category, self._text)
        column, amount_minor = (3, line.credit_minor) if line.credit_minor else (4, line.debit_minor)
        self._write_money(self._entries, row, column, amount_minor)
        self._write_money(self._entries, row, 5, line.balance_minor)
        self._next_entry += 1

    def add_day(self, day: Totals) -> None:
        self._days.write_datetime(self._next_day, 0, day.business_date, self._day)
        amounts = (day.opening_minor, day.credits_minor, day.debits_minor, day.closing_minor)
        for column, amount_minor in enumerate(amounts, 1):
            self._write_money(self._days, self._next_day, column, amount_minor)
        self._next_day += 1

    def _sheet(self, book: Any, name: str, headings: tuple[tuple[str, int], ...], head: Head) -> Any:
        sheet = book.add_worksheet(name)
        for column, (_, width) in enumerate(headings):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 0, f"Livro caixa de {head.merchant_name}", self._bold)
        sheet.write_string(1, 0, f"{head.first:%d/%m/%Y} a {head.last:%d/%m/%Y}, em {head.currency}")
        for column, (heading, _) in enumerate(headings):
            sheet.write_string(_ABOVE, column, heading, self._heading)
        sheet.freeze_panes(_ABOVE + 1, 0)
        sheet.repeat_rows(_ABOVE)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&CPágina &P de &N")
        return sheet

    def _write_money(self, sheet: Any, row: int, column: int, amount_minor: int) -> None:
        sheet.write_number(row, column, Decimal(amount_minor).scaleb(-self._decimals), self._money)
