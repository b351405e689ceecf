"""The answers as the OpenAPI document shows them; `presenter` writes them."""

from datetime import date as calendar_date
from datetime import datetime
from typing import Annotated, Any, Final

from fluxo_chassis.problems import problem_responses
from pydantic import BaseModel, Field

Money = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{2}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")]
AsOf = Annotated[
    datetime | None, Field(description="The newest `recorded_at` in the balance, in UTC; null when there is none.")
]
Stale = Annotated[
    bool, Field(description="Present, and true, while the database is away and this is the last answer known.")
]


class Sums(BaseModel):
    opening_balance: Money = Field(description="The sum of all earlier days.")
    total_credits: Money = Field(description="Money in.")
    total_debits: Money = Field(description="Money out.")
    net: Money = Field(description="Credits less debits; negative when more went out.")
    closing_balance: Money = Field(description="Opening balance plus credits less debits.")
    entry_count: int = Field(ge=0)
    as_of: AsOf
    stale: Stale = False


class DailyBalanceBody(Sums):
    """What a day opened and closed with."""

    date: calendar_date
    currency: Currency


class DailyBalancesBody(Sums):
    """Every day of a range, and their sum."""

    currency: Currency
    first: calendar_date = Field(alias="from")
    last: calendar_date = Field(alias="to")
    items: list[DailyBalanceBody] = Field(description="Every day, ascending.", min_length=1)


_HEADERS: Final[dict[str, Any]] = {
    "ETag": {"description": "Strong; send it as `If-None-Match` next time.", "schema": {"type": "string"}},
    "Cache-Control": {"schema": {"type": "string", "const": "private, no-cache"}},
    "Vary": {"schema": {"type": "string", "const": "Authorization"}},
    "Cache-Status": {"description": "RFC 9211: where the answer came from.", "schema": {"type": "string"}},
}
_RETRY_AFTER: Final[dict[str, Any]] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}


def responses(body: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Every answer that either route can give, for FastAPI's `responses=`."""
    problems = problem_responses(401, 403, 422, 503)
    problems[422]["description"] = "A date, a range or a parameter that is not valid; `errors` names all of them."
    problems[503] |= {
        "description": "Not now: the database is away, too many are waiting, or the entry is not yet consolidated.",
        "headers": _RETRY_AFTER,
    }
    return {
        200: {"model": body, "description": "The balance.", "headers": _HEADERS},
        304: {"description": "What you have, by its ETag, still holds.", "headers": _HEADERS},
        **problems,
    }
