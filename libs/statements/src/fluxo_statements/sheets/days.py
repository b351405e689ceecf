"""Days as people and programs write them in cells."""

import re
from datetime import date, timedelta
from typing import Final

_TIME: Final = re.compile(r"(.*?[0-9])(?:T|[\s,-]+)(?:[aà]s\s+)?[0-9]{1,2}[:h][0-9]{2}.*", re.DOTALL)
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})", re.ASCII)
_NUMBERS: Final = re.compile(r"([0-9]{1,2})\s?([-/. ])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})", re.ASCII)
_MONTH_NAMED: Final = re.compile(
    r"([0-9]{1,2})\.?º?(?:\s+de\s+|[-/. ]+)([a-zç]{3,9})\.?(?:\s+de\s+|[-/., ]+)([0-9]{4}|[0-9]{2})"
)
_MONTH_BEFORE: Final = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})")
_MONTHS: Final = {
    name: month + 1
    for names in ("jan fev mar abr mai jun jul ago set out nov dez", "jan feb mar apr may jun jul aug sep oct nov dec")
    for month, name in enumerate(names.split())
}
_MONTHS_MAX: Final = 12
_TEXT_MAX: Final = 60
_YEARS: Final = range(1980, 2101)
_REMEMBERED_MAX: Final = 20_000  # distinct days of a file; junk must not fill the memory


def day_first_in(text: str) -> bool | None:
    """Return what a day says that can be read in one way only; None if it says nothing."""
    if (match := _NUMBERS.fullmatch(_without_time(text))) is None:
        return None
    first, second = int(match[1]), int(match[3])
    return first > _MONTHS_MAX if (first > _MONTHS_MAX) != (second > _MONTHS_MAX) else None


def is_open(text: str) -> bool:
    """Tell whether a text can be read as two days."""
    match = _NUMBERS.fullmatch(_without_time(text))
    return match is not None and int(match[1]) != int(match[3])


def is_day(text: str) -> bool:
    """Tell whether a text is a day in any order."""
    for day_first in (True, False):
        try:
            return bool(Days(day_first=day_first)[text.strip()])
        except ValueError:
            continue
    return False


class Days(dict[str, date]):
    """The day of a text; what was read once is looked up, without its time.

    Raises:
        ValueError: on `days[text]`, a sentence.
    """

    def __init__(self, *, day_first: bool) -> None:
        super().__init__()
        self._day_first = day_first

    def __missing__(self, text: str) -> date:
        written = _without_time(text)
        if written != text:
            return self[written]
        day = self._read(text.casefold())
        if len(self) < _REMEMBERED_MAX:
            self[text] = day
        return day

    def _read(self, text: str) -> date:
        if not text:
            raise ValueError("It has no date.")
        if match := _YEAR_FIRST.fullmatch(text):
            year, month, day = match[1], int(match[3]), match[4]
        elif match := _NUMBERS.fullmatch(text):
            day, month = (match[1], int(match[3])) if self._day_first else (match[3], int(match[1]))
            year = match[4]
        elif (match := _MONTH_NAMED.fullmatch(text)) and match[2][:3] in _MONTHS:
            day, month, year = match[1], _MONTHS[match[2][:3]], match[3]
        elif (match := _MONTH_BEFORE.fullmatch(text)) and match[1][:3] in _MONTHS:
            month, day, year = _MONTHS[match[1][:3]], match[2], match[3]
        else:
            raise ValueError(f"{text[:40]!r} is no date with day, month and year.")
        full_year = int(year) + (2000 if len(year) == 2 else 0)  # noqa: PLR2004 - two digits
        try:
            if full_year in _YEARS:
                return date(full_year, month, int(day))
        except ValueError:
            pass
        order = "day, month, year" if self._day_first else "month, day, year"
        raise ValueError(f"There is no day {text!r}, read as {order}.")


def day_of_serial(serial: float, *, from_1904: bool) -> date:
    """Return the day of a spreadsheet's number for it.

    Raises:
        ValueError: it is none of these years; a sentence.
    """
    epoch = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)  # Excel counts a 29 February 1900
    if 29_000 < serial < 74_000:  # noqa: PLR2004 - 1979 to 2102
        return epoch + timedelta(days=int(serial))
    raise ValueError(f"The number {serial:g} is no date.")


def _without_time(text: str) -> str:
    if len(text) > _TEXT_MAX:
        return text
    match = _TIME.fullmatch(text) if ":" in text or "h" in text else None
    return match[1] if match else text
