"""Dates and times as the page writes and reads them."""

import re
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from fluxo_dashboard.language.languages import PORTUGUESE, Language

FIRST_YEAR: Final = 1900
"""The services know no earlier one."""

_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\Z")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")


def write_date(day: date, language: Language) -> str:
    """Return what can be typed, too: "22/11/2026" in Portuguese, "2026-11-22" in English."""
    return day.strftime("%d/%m/%Y") if language is PORTUGUESE else day.isoformat()


def write_day(day: date, language: Language) -> str:
    """Return the day with its weekday, as a heading: "domingo, 22 de novembro de 2026"."""
    return str(format_date(day, "full", locale=language.locale))


def write_month(day: date, language: Language) -> str:
    """Return "novembro de 2026"."""
    pattern = "MMMM 'de' y" if language is PORTUGUESE else "MMMM y"
    return str(format_date(day, pattern, locale=language.locale))


def write_month_name(day: date, language: Language) -> str:
    """Return the month where its year is said already: "novembro"."""
    return str(format_date(day, "LLLL", locale=language.locale))


def write_weekday(day: date, language: Language) -> str:
    """Return the weekday beside a date: "seg."."""
    return str(format_date(day, "EEE", locale=language.locale))


def write_instant(instant: datetime, time_zone: str, language: Language) -> str:
    """Return the instant on the merchant's clock: "22/11/2026 11:32:10"."""
    pattern = "dd/MM/y HH:mm:ss" if language is PORTUGUESE else "y-MM-dd HH:mm:ss"
    return str(format_datetime(instant.astimezone(ZoneInfo(time_zone)), pattern, locale=language.locale))


def read_date(text: str, today: date, language: Language) -> date:
    """Return the day that a person typed, which has come.

    Raises:
        ValueError: as `read_day`, or a day that has not come.
    """
    read = read_day(text, today, language)
    if read > today:
        example = write_date(today, language)
        raise ValueError(language.say("%(text)s has not come yet: today is %(example)s.", text=text, example=example))
    return read


def read_day(text: str, today: date, language: Language) -> date:
    """Return the day that a person typed: "22/11/2026" in Portuguese, "2026-11-22" in both.

    Raises:
        ValueError: a sentence in the person's language: no date, no such day, or one before all entries.
    """
    example = write_date(today, language)
    found = _ISO.match(text)
    if found is None and language is PORTUGUESE and (typed := _DAY_FIRST.match(text)) is not None:
        day, month, year = typed.groups()
        parts = year, month, day
    elif found is not None:
        parts = found.group(1), found.group(2), found.group(3)
    else:
        raise ValueError(
            language.say("Write the date with four digits for the year, such as %(example)s.", example=example)
        )
    try:
        read = date(*map(int, parts))
    except ValueError:
        raise ValueError(language.say("There is no such day: %(text)s.", text=text)) from None
    if read.year < FIRST_YEAR:
        raise ValueError(language.say("Dates start with the year %(year)s.", year=FIRST_YEAR))
    return read
