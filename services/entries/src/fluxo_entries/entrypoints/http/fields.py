"""Fields as they stand in JSON and in queries, each with the schema that says exactly what is accepted.

Every one is a string outside: a JSON number is refused for money, however it looks.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final

from fluxo_contracts.currencies import DECIMALS
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from fluxo_entries.domain.api_key import parse_instant
from fluxo_entries.domain.business_date import parse_business_date
from fluxo_entries.domain.draft import CATEGORY_LENGTH_MAX, DESCRIPTION_LENGTH_MAX
from fluxo_entries.domain.merchant import NAME_LENGTH_MAX, known_currency, known_time_zone
from fluxo_entries.domain.money import parse_amount
from fluxo_entries.domain.text import BLANK, IGNORABLE, optional_text, required_text

_FORBIDDEN: Final = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
LINE_PATTERN: Final = rf"^[^{_FORBIDDEN}]*$"
# It leaves out what is ignorable beyond the first plane, for which regular expressions have no common notation.
NOT_BLANK_LINE_PATTERN: Final = rf"^[^{_FORBIDDEN}]*[^{_FORBIDDEN}{BLANK}{IGNORABLE}][^{_FORBIDDEN}]*$"
AMOUNT_PATTERN: Final = (
    r"^(?:[1-9][0-9]{0,11}(?:\.[0-9]{1,4})?|0\.(?:[1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9]))$"
)
DATE_PATTERN: Final = r"^(?:19|[2-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$"


def from_text(parse: Callable[[str], object]) -> PlainValidator:
    """A validator that takes nothing but a string and gives what `parse` makes of it."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "This must be a string.")
        return parse(value)

    return PlainValidator(validate)


def absent() -> Any:
    """Return None as the mark of a field that was not sent, for fields that do not take a null."""
    return None


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


def _line(length_max: int, description: str, **schema: Any) -> WithJsonSchema:
    return _schema(maxLength=length_max, description=f"{description} No control characters or line breaks.", **schema)


Amount = Annotated[
    Decimal,
    from_text(parse_amount),
    _schema(
        pattern=AMOUNT_PATTERN,
        description="A decimal string, greater than zero, at most 999999999999.99 and of fourteen digits, with no more "
        "decimals than its currency has (ISO 4217).",
        examples=["150.00"],
    ),
]
BusinessDate = Annotated[
    date,
    from_text(parse_business_date),
    _schema(format="date", pattern=DATE_PATTERN, examples=["2026-11-22"]),
]
Description = Annotated[
    str,
    from_text(partial(required_text, length_max=DESCRIPTION_LENGTH_MAX)),
    _line(
        DESCRIPTION_LENGTH_MAX,
        "Stored without outer blanks, in Unicode normal form C. There is something in it to see.",
        minLength=1,
        pattern=NOT_BLANK_LINE_PATTERN,
        examples=["Venda balcão"],
    ),
]
Category = Annotated[
    str | None,
    from_text(partial(optional_text, length_max=CATEGORY_LENGTH_MAX)),
    _line(
        CATEGORY_LENGTH_MAX,
        "Stored like the description; one that shows nothing is none.",
        pattern=LINE_PATTERN,
        examples=["vendas"],
    ),
]
SearchText = Annotated[
    str | None,
    from_text(partial(optional_text, length_max=DESCRIPTION_LENGTH_MAX)),
    _line(
        DESCRIPTION_LENGTH_MAX,
        "Words, each the beginning of one in the description, in any order; in capitals or not, wide or narrow, with "
        "accents or without. Signs such as `%` and `_` stand for themselves; punctuation between words does not count.",
        pattern=LINE_PATTERN,
    ),
]
Name = Annotated[
    str,
    from_text(partial(required_text, length_max=NAME_LENGTH_MAX)),
    _line(NAME_LENGTH_MAX, "Stored like a description.", minLength=1, pattern=NOT_BLANK_LINE_PATTERN),
]
Currency = Annotated[
    str,
    from_text(known_currency),
    _schema(enum=sorted(DECIMALS), description="ISO 4217."),
]
TimeZone = Annotated[
    str,
    from_text(known_time_zone),
    _schema(description="A name of the IANA time zone database.", examples=["America/Sao_Paulo"]),
]
Instant = Annotated[
    datetime,
    from_text(parse_instant),
    _schema(
        format="date-time",
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z$",
        description="RFC 3339, in UTC.",
        examples=["2027-01-31T03:00:00Z"],
    ),
]
