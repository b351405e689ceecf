"""The rules that the entries service holds an entry against, so that a whole file is judged before anything is sent.

A test holds them against the service's own.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from fluxo_cli.api.money import format_minor, parse_amount
from fluxo_cli.files.entries_file import Complaint, Row

_FIRST_YEAR: Final = 1900
_UNITS_DIGITS_MAX: Final = 12
_DESCRIPTION_LENGTH_MAX: Final = 200
_CATEGORY_LENGTH_MAX: Final = 60
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs"})
_LINE_BREAKS: Final = "\u2028\u2029"
_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_DAY_FIRST_DATE: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\Z")
_KEY: Final = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?\Z")


@dataclass(frozen=True, slots=True)
class EntryRules:
    """`currency`, `today` and `time_zone` are the merchant's.

    `undated_on` is the day of a row without a date, None where each needs one. `unlinked`: reversals, and what they
    reverse, are taken as plain entries.
    """

    currency: str
    today: date
    time_zone: str
    day_first: bool = False
    undated_on: date | None = None
    unlinked: bool = False

    def judge(self, row: Row) -> tuple[dict[str, str], list[Complaint]]:
        """Return the entry as the API takes it, and all that is wrong with it.

        However it was written, the same entry comes out equal: two decimals, no field that goes without saying.
        """
        entry, complaints = {}, []
        for column, parse in _COLUMNS.items():
            try:
                value = parse(row.cells.get(column, ""), self)
            except ValueError as error:
                complaints.append(Complaint(row.line, column, str(error)))
            else:
                if value is not None:
                    entry[column] = value
        return entry, complaints


def _direction(text: str, _: EntryRules) -> str:
    if (direction := text.strip()) not in {"credit", "debit"}:
        raise ValueError("Write credit (money in) or debit (money out).")
    return direction


def _amount(text: str, _: EntryRules) -> str:
    units, _point, cents = parse_amount(text.strip()).partition(".")
    units = units.lstrip("0")
    if len(units) > _UNITS_DIGITS_MAX:
        raise ValueError("An amount is at most 999999999999.99.")
    amount_minor = int(units or "0") * 100 + int(cents.ljust(2, "0"))
    if amount_minor == 0:
        raise ValueError("An amount is greater than zero; the direction says whether it came in or went out.")
    return format_minor(amount_minor)


def _currency(text: str, rules: EntryRules) -> None:
    if text.strip() not in {"", rules.currency}:
        raise ValueError(f"Your entries are in {rules.currency}.")


def _business_date(text: str, rules: EntryRules) -> str:
    day = _day(text.strip(), rules)
    if day.year < _FIRST_YEAR:
        raise ValueError(f"Dates start with the year {_FIRST_YEAR}.")
    if day > rules.today:
        raise ValueError(f"It is after today, {rules.today} in {rules.time_zone}.")
    return day.isoformat()


def _day(text: str, rules: EntryRules) -> date:
    if not text:
        if rules.undated_on is None:
            raise ValueError("It has no date: write one, or give --date for all that have none.")
        return rules.undated_on
    if found := _ISO_DATE.match(text):
        year, month, day = map(int, found.groups())
    elif rules.day_first and (found := _DAY_FIRST_DATE.match(text)):
        day, month, year = map(int, found.groups())
    else:
        raise ValueError(f"Write it as 2026-11-22{' or 22/11/2026' if rules.day_first else ''}.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("There is no such day in the calendar.") from None


def _description(text: str, _: EntryRules) -> str:
    if not (description := _one_line(text, _DESCRIPTION_LENGTH_MAX)):
        raise ValueError("It is empty.")
    return description


def _category(text: str, _: EntryRules) -> str | None:
    return _one_line(text, _CATEGORY_LENGTH_MAX) or None


def _one_line(text: str, length_max: int) -> str:
    if not text.isprintable() and any(
        each in _LINE_BREAKS or unicodedata.category(each) in _FORBIDDEN_CATEGORIES for each in text
    ):
        raise ValueError("It holds a line break or a control character.")
    cleaned = unicodedata.normalize("NFC", text).strip()
    if max(len(text), len(cleaned)) > length_max:
        raise ValueError(f"It is longer than {length_max} characters.")
    return cleaned


def _no_link(text: str, rules: EntryRules) -> None:
    if text.strip() and not rules.unlinked:
        raise ValueError(
            "A reversal and its original are tied together, and an import records plain entries. With "
            "--unlink-reversals it records both as such: with both in the file, every day comes out the same."
        )


def _key(text: str, _: EntryRules) -> str | None:
    if text and not _KEY.match(text):
        raise ValueError("A key has 1 to 255 printable ASCII characters, without outer blanks.")
    return text or None


# `id` and `recorded_at` are the service's to give: those of another installation are passed over.
_COLUMNS: Final[dict[str, Callable[[str, EntryRules], str | None]]] = {
    "direction": _direction,
    "amount": _amount,
    "currency": _currency,
    "business_date": _business_date,
    "description": _description,
    "category": _category,
    "reverses": _no_link,
    "reversed_by": _no_link,
    "idempotency_key": _key,
}
