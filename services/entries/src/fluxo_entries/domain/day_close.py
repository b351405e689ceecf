"""Days that are closed: nothing is recorded in them any more."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from fluxo_entries.domain.errors import RejectedFieldsError
from fluxo_entries.domain.merchant import Merchant


@dataclass(frozen=True, slots=True)
class DayClose:
    """A line of the trail: who closed a day, and with it all before, or reopened it; it never changes.

    `closed_through` is what has been closed since, `closing_balance_minor` the balance that the day was closed with.
    `number` counts from 1, and `by` is the token's subject.
    """

    number: int
    action: Literal["closed", "reopened"]
    day: date
    closed_through: date | None
    by: str
    at: datetime
    reason: str | None
    currency: str
    closing_balance_minor: int


def day_to_close(day: date, merchant: Merchant, now: datetime) -> date:
    """Return the day.

    Raises:
        RejectedFieldsError: it has not begun yet in the merchant's time zone.
    """
    if day > merchant.today(now):
        raise RejectedFieldsError(("date", "A day after today is not closed."))
    return day


def first_open_day(closed_through: date) -> date:
    """Return the day after what is closed; no day after today is."""
    return closed_through + timedelta(days=1)
