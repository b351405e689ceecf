"""The calendar day an entry belongs to, as `YYYY-MM-DD`."""

import re
from datetime import date
from typing import Final

FIRST_YEAR: Final = 1900

_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def parse_business_date(text: str) -> date:
    """Return the day.

    Raises:
        ValueError: another notation, a day that no calendar has, or before 1900; the message is a sentence for a
            person.
    """
    if not _ISO_DATE.match(text):
        raise ValueError('A date is written "YYYY-MM-DD", such as "2026-11-22".')
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("There is no such day in the calendar.") from None
    if day.year < FIRST_YEAR:
        raise ValueError(f"Dates start with the year {FIRST_YEAR}.")
    return day
