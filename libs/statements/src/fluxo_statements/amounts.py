"""Amounts as banks write them in fields of a known form; what people write in sheets is read in `formats`."""

import re
from decimal import Decimal
from typing import Final

from fluxo_statements.model import Terms

_PLAIN: Final = re.compile(r"([+-]?)(?=[.,]?[0-9])([0-9]{0,15})(?:[.,]([0-9]{0,9}))?", re.ASCII)


def minor_units(amount: Decimal, terms: Terms) -> int:
    """Return the amount in minor units of the currency.

    Raises:
        ValueError: it has more decimals than the currency; the message is a sentence.
    """
    scaled = amount.scaleb(terms.decimals)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more decimals than the {terms.decimals} of {terms.currency}.")
    return int(scaled)


def plain_amount(text: str) -> Decimal:
    """Return the amount of a text with digits, a sign before it, and one decimal sign, a point or a comma: `.5` too.

    Raises:
        ValueError: anything else, and no thousands signs; the message is a sentence.
    """
    if (match := _PLAIN.fullmatch(text.strip())) is None:
        raise ValueError(f"{text.strip()[:40]!r} is no amount.")
    sign, whole, fraction = match.groups()
    return Decimal(f"{sign}{whole or '0'}.{fraction or '0'}")
