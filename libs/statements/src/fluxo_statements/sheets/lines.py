"""A sheet's row as a line of money."""

from collections.abc import Iterator, Sequence
from datetime import date

from fluxo_statements.model import Place, StatementLine, Terms
from fluxo_statements.sheets.amount import amount_reader
from fluxo_statements.sheets.days import Days, day_of_serial
from fluxo_statements.sheets.header import Found
from fluxo_statements.sheets.labels import MAY_BE_NO_ENTRY, is_no_entry
from fluxo_statements.sheets.mapping import Meaning, words
from fluxo_statements.sheets.money import Money
from fluxo_statements.sheets.settling import settle
from fluxo_statements.sheets.table import Cell, Row, text_of


class Lines:
    """Reads rows of one sheet, whose columns have been settled."""

    def __init__(self, found: Found, terms: Terms) -> None:
        settled = settle(found, terms)
        self.mapping = mapping = settled.mapping
        self._table, self._account, self._guessed = found.table, found.account, settled.guessed
        self._currency, self._width = terms.currency, len(mapping.columns)
        self._days, self.money = Days(day_first=settled.day_first), Money(terms, settled.decimal_sign)
        self.amount = amount_reader(mapping, self.money)
        self.day_at = mapping.columns.index(Meaning.DAY)
        self.described_at, self._bank_id_at = mapping.all_at(Meaning.DESCRIPTION), mapping.all_at(Meaning.BANK_ID)
        self.balance_at, self._gross_at = mapping.at(Meaning.BALANCE), mapping.at(Meaning.GROSS)
        self._kind_at, self._account_at = mapping.at(Meaning.KIND), mapping.at(Meaning.ACCOUNT)
        self._status_at = mapping.at(Meaning.STATUS) if mapping.settled else None
        self._currency_at = mapping.at(Meaning.CURRENCY)

    def line(self, row: Row, cells: Sequence[Cell], place: Place) -> StatementLine | None:
        """Return the row's line, None if it is not settled, or no money moved.

        Raises:
            ValueError: it is no line, or can't be read; a sentence.
        """
        if row.broken or "\n" in row.source or len(cells) > self._width:
            self._check(row, cells)
        described = " ".join([text for at in self.described_at if (text := text_of(cells[at]))])
        if MAY_BE_NO_ENTRY.match(described) and is_no_entry(described):
            raise ValueError("It looks like a balance or a sum, and not like money that moved.")
        if self._status_at is not None and not self._is_settled(text_of(cells[self._status_at])):
            return None
        amount, day = self.amount(cells), self.day(cells[self.day_at])
        if not amount:
            return None
        if self._currency_at is not None:
            self._check_currency(text_of(cells[self._currency_at]))
        bank_id = "/".join([text_of(cells[at]) for at in self._bank_id_at]).strip("/") if self._bank_id_at else None
        account = self._account if self._account_at is None else text_of(cells[self._account_at]) or None
        kind = None if self._kind_at is None else text_of(cells[self._kind_at]) or None
        at = self.balance_at
        balance = None if at is None or (cell := cells[at]) == "" else self.money(cell)
        guessed = self._with_notes() if self.money.notes else self._guessed
        return StatementLine(
            place,
            day,
            amount,
            self._currency,
            described,
            bank_id or None,
            account,
            kind,
            balance,
            guessed,
            row.source,
        )

    def day(self, cell: Cell) -> date:
        if isinstance(cell, str):
            return self._days[cell.strip()]
        if isinstance(cell, date):
            return cell
        day = day_of_serial(cell, from_1904=self._table.from_1904)
        self.money.notes.append(f"The number {cell:g} was taken for the day that sheets keep so.")
        return day

    def faults(self, cells: Sequence[Cell]) -> list[str]:
        """Return why amount and day can't be read, a sentence each: a row may be to be mended in both."""
        found = []
        for read in (lambda: self.amount(cells), lambda: self.day(cells[self.day_at])):
            try:
                read()
            except ValueError as error:
                found.append(str(error))
        return found

    def apart(self, line: StatementLine, cells: Sequence[Cell]) -> Iterator[StatementLine]:
        """Yield gross and fee, which together are the net, if there is a gross and it moved in the same direction."""
        cell = "" if self._gross_at is None else cells[self._gross_at]
        gross = self.money(cell) if text_of(cell) else 0
        if gross * line.amount_minor <= 0 or gross == line.amount_minor:
            yield line
            return
        yield line._replace(amount_minor=gross, balance_minor=None)
        bank_id = f"{line.bank_id}/fee" if line.bank_id else None
        fee = line.amount_minor - gross
        yield line._replace(amount_minor=fee, bank_id=bank_id, description=f"Taxa {line.description}".rstrip())

    def _with_notes(self) -> tuple[str, ...]:
        notes, self.money.notes = self.money.notes, []
        return (*self._guessed, *notes)

    def _is_settled(self, status: str) -> bool:
        if words(status) in self.mapping.settled:
            return True
        if words(status) in self.mapping.unsettled:
            return False
        raise ValueError(f"Whether it is settled is not known: its status is {status[:40]!r}.")

    def _check_currency(self, currency: str) -> None:
        if currency and currency.upper() != self._currency:
            raise ValueError(f"Its currency is {currency[:10]}, and {self._currency} was expected.")

    def _check(self, row: Row, cells: Sequence[Cell]) -> None:
        """Refuse what is no single row, or has more cells than columns; what is cut in two would be a wrong amount."""
        if row.broken is not None:
            raise ValueError(row.broken)
        if any(map(text_of, cells[self._width :])):
            raise ValueError("It has more cells than the header: one with a delimiter in it stands in no quotes.")
        if self._table.cells_of_line is None:
            return
        for line in row.source.splitlines()[1:]:
            inner = self._table.cells_of_line(line)
            if len(inner) >= max(self._width, 2) and self._is_day(inner[self.day_at]):
                raise ValueError(f"A quotation mark in it takes in other lines, such as: {line[:60]}")

    def _is_day(self, cell: Cell) -> bool:
        try:
            return bool(self.day(cell))
        except ValueError:
            return False
