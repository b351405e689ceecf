"""Money is an integer of minor units (cents) inside, a decimal string outside; never a float."""

import re
from typing import Final

MINOR_UNITS_PER_UNIT: Final = 100

_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?\Z")


def parse_amount(text: str) -> int:
    """Return the minor units of a decimal string such as "150", "150.5" or "150.00".

    Raises:
        ValueError: not a plain decimal (no sign, blank, comma, exponent or leading zero), more than two decimals,
            zero, or above 999999999999.99; the message is a sentence for a person.
    """
    if not _DECIMAL.match(text):
        raise ValueError(
            'An amount is a decimal string such as "150.00": digits and a point, '
            "at most two decimals, at most 999999999999.99."
        )
    units, _, cents = text.partition(".")
    amount_minor = int(units) * MINOR_UNITS_PER_UNIT + int(cents.ljust(2, "0"))
    if amount_minor == 0:
        raise ValueError("An amount is greater than zero; the direction says whether it came in or went out.")
    return amount_minor


def format_amount(amount_minor: int) -> str:
    """Return minor units as a decimal string with two decimals: 15000 is "150.00"."""
    units, cents = divmod(abs(amount_minor), MINOR_UNITS_PER_UNIT)
    return f"{'-' if amount_minor < 0 else ''}{units}.{cents:02d}"
