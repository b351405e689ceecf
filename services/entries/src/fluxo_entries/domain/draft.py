"""Every rule of an entry to be recorded, whoever asks: one alone, one of many, one that is only checked."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import Final, NamedTuple

from fluxo_entries.domain.business_date import parse_business_date
from fluxo_entries.domain.direction import NO_DIRECTION, Direction, parse_direction
from fluxo_entries.domain.fields import Rule, parse_fields
from fluxo_entries.domain.merchant import known_currency
from fluxo_entries.domain.money import minor_units, parse_amount
from fluxo_entries.domain.text import optional_text, required_text

DESCRIPTION_LENGTH_MAX: Final = 200
CATEGORY_LENGTH_MAX: Final = 60


class Draft(NamedTuple):
    """What a merchant asks to record; well-formed, not yet held against the merchant's settings."""

    direction: Direction
    amount: Decimal
    description: str
    category: str | None = None
    currency: str | None = None
    business_date: date | None = None


# Many entries share a few days and categories.
_category: Final = lru_cache(maxsize=1_024)(partial(optional_text, length_max=CATEGORY_LENGTH_MAX))
_business_date: Final = lru_cache(maxsize=4_096)(parse_business_date)

# An amount of up to four decimals: whose currency has fewer, `rules_for` knows.
DRAFT_RULES: Final[Mapping[str, Rule]] = {
    "direction": Rule(parse_direction, otherwise=NO_DIRECTION),
    "amount": Rule(parse_amount),
    "description": Rule(partial(required_text, length_max=DESCRIPTION_LENGTH_MAX)),
    "category": Rule(_category, optional=True),
    "currency": Rule(known_currency, optional=True),
    "business_date": Rule(_business_date, optional=True),
}


def rules_for(fields: Mapping[str, object], currency: str) -> Mapping[str, Rule]:
    """Return the rules for the fields of a merchant with the currency.

    Where they name another one, the amount is not held against it: that is what `record` says of them.
    """
    return _rules_in(currency) if fields.get("currency") in (None, currency) else DRAFT_RULES


@cache
def _rules_in(currency: str) -> Mapping[str, Rule]:
    def parse(text: str) -> Decimal:
        amount = parse_amount(text)
        minor_units(amount, currency)
        return amount

    return {**DRAFT_RULES, "amount": Rule(parse)}


def parse_draft(fields: Mapping[str, object], rules: Mapping[str, Rule] = DRAFT_RULES) -> Draft:
    """Return the draft that the fields of a JSON object stand for.

    Raises:
        RejectedFieldsError: all that is wrong with them.
    """
    return Draft(**parse_fields(fields, rules))
