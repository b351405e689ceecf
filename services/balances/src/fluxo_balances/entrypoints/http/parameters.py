"""What a request may ask with. Strict: a parameter that is not known is refused rather than passed over."""

import re
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from fluxo_balances.domain.daily_balance import RANGE_DAYS_MAX

YEAR_MIN: Final = 1900

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_DATE_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "format": "date",
    "pattern": "^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
    "examples": ["2026-11-22"],
}
_ENTRY_ID_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
}


def parse_date(text: str) -> date:
    """Return the date of a YYYY-MM-DD that exists, in the years 1900 to 9999.

    Raises:
        ValueError: a sentence for a person.
    """
    if not _DATE.match(text):
        raise ValueError("A date is written YYYY-MM-DD.")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("There is no such date.") from None
    if day.year < YEAR_MIN:
        raise ValueError(f"Dates begin with the year {YEAR_MIN}.")
    return day


def parse_entry_id(text: str) -> UUID:
    """Return the UUID of its canonical form; other spellings that Python would take are refused."""
    if not _UUID.match(text):
        raise ValueError("An entry id is a UUID.")
    return UUID(text)


BusinessDate = Annotated[date, BeforeValidator(parse_date), WithJsonSchema(_DATE_SCHEMA)]
EntryId = Annotated[UUID, BeforeValidator(parse_entry_id), WithJsonSchema(_ENTRY_ID_SCHEMA)]


class DayQuery(BaseModel):
    """`/v1/daily-balances/{date}`."""

    model_config = ConfigDict(extra="forbid")

    after_entry: EntryId | None = Field(
        None,
        description="Answer once this entry is part of the balance: read your own write. Waits two seconds at most.",
    )


class RangeQuery(DayQuery):
    """`/v1/daily-balances` and `/v1/category-totals`."""

    first: BusinessDate = Field(alias="from", description="First day.")
    last: BusinessDate = Field(alias="to", description=f"Last day, at most {RANGE_DAYS_MAX:,} days in all.")
