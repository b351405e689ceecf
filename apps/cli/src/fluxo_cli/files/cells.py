"""What a row's cells are as an entry that the API takes. Which entries are allowed is the entries service's to say."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from fluxo_contracts.currencies import DECIMALS

from fluxo_cli.api.money import parse_amount
from fluxo_cli.files.entries_file import NEEDED_COLUMNS, Row, RowError

_DAY_FIRST_DATE: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\Z")
_UNDATED: Final = "It has no date: write one, or give --date for all that have none."
_LINKED: Final = (
    "A reversal and its original are tied together, and an import records plain entries. With --unlink-reversals it "
    "records both as such: with both in the file, every day comes out the same."
)


@dataclass(frozen=True, slots=True)
class CellReader:
    """`currency` is the merchant's. `undated_on` is the day of a row without a date, None where each needs one.

    `unlinked`: reversals, and what they reverse, are taken as plain entries.
    """

    currency: str
    day_first: bool = False
    undated_on: date | None = None
    unlinked: bool = False

    def entry_of(self, row: Row) -> tuple[dict[str, str], list[RowError]]:
        """Return the entry as the API takes it, and what the service could not know to be wrong.

        However it was written, the same entry comes out equal: all decimals, no field that goes without saying. A
        cell that cannot be read stays as it is. `id` and `recorded_at` are the service's to give: those of another
        installation are passed over.
        """
        cells, wrong = {column: cell.strip() for column, cell in row.cells.items()}, dict[str, str]()
        entry = {column: cells.get(column, "") for column in NEEDED_COLUMNS}
        try:
            entry["amount"] = self._amount(entry["amount"])
        except ValueError as error:
            wrong["amount"] = str(error)
        entry["business_date"] = self._business_date(cells.get("business_date", ""))
        if not entry["business_date"]:
            wrong["business_date"] = _UNDATED
        entry["description"] = unicodedata.normalize("NFC", entry["description"])
        entry["category"] = unicodedata.normalize("NFC", cells.get("category", ""))
        if cells.get("currency") != self.currency:
            entry["currency"] = cells.get("currency", "")
        entry["idempotency_key"] = row.cells.get("idempotency_key", "")
        if not self.unlinked:
            wrong |= {column: _LINKED for column in ("reverses", "reversed_by") if cells.get(column)}
        written = {column: text for column, text in entry.items() if text or column in NEEDED_COLUMNS}
        return written, [RowError(row.line, column, sentence) for column, sentence in wrong.items()]

    def _amount(self, text: str) -> str:
        decimals = DECIMALS[self.currency]
        units, _point, cents = parse_amount(text, decimals).partition(".")
        whole = units.lstrip("0") or "0"
        return f"{whole}.{cents:0<{decimals}}" if decimals else whole

    def _business_date(self, text: str) -> str:
        if not text and self.undated_on is not None:
            return self.undated_on.isoformat()
        if self.day_first and (found := _DAY_FIRST_DATE.match(text)):
            day, month, year = found.groups()
            return f"{year}-{month:0>2}-{day:0>2}"
        return text
