"""Money is an integer of minor units inside, a decimal string outside; never a float.

How many decimals an amount may have, only its currency can tell: between the two it is a Decimal, as it was written.
"""

import re
from decimal import Decimal
from typing import Final

from fluxo_contracts.currencies import DECIMALS, money_in

AMOUNT_MINOR_MAX: Final = 99_999_999_999_999
_SCALED_MAX: Final = Decimal(AMOUNT_MINOR_MAX)
UNITS_MAX: Final = 999_999_999_999

_DECIMAL: Final = re.compile(rf"(?:0|[1-9][0-9]{{0,11}})(?:\.[0-9]{{1,{max(DECIMALS.values())}}})?\Z")


def parse_amount(text: str) -> Decimal:
    """Return the amount that a decimal string such as "150", "150.5" or "150.00" stands for, with its decimals.

    Raises:
        ValueError: not a plain decimal (no sign, blank, comma, exponent or leading zero), more decimals than any
            currency has, zero, or twelve digits exceeded; the message is a sentence for a person.
    """
    if not _DECIMAL.match(text):
        raise ValueError(
            'An amount is a decimal string such as "150.00": digits and a point, '
            "no more decimals than the currency has, at most 999999999999.99."
        )
    amount = Decimal(text)
    if not amount:
        raise ValueError("An amount is greater than zero; the direction says whether it came in or went out.")
    return amount


def amount_text(amount_minor: int, currency: str) -> str:
    """Return minor units of a currency as the decimal string that stands for them."""
    return money_in(currency)(amount_minor)


def minor_units(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units of its currency.

    Raises:
        ValueError: it has more decimals than the currency, or is above what all currencies can hold.
    """
    decimals = DECIMALS[currency]
    scaled = amount.scaleb(decimals)
    # As written: "1.0" has a decimal.
    if not scaled.same_quantum(scaled.to_integral_value()) or scaled > _SCALED_MAX:
        most = money_in(currency)(min(AMOUNT_MINOR_MAX, (UNITS_MAX + 1) * 10**decimals - 1))
        raise ValueError(f"An amount in {currency} has {_at_most(decimals)}, and is at most {most}.")
    return int(scaled)


def _at_most(decimals: int) -> str:
    return f"at most {decimals} decimals" if decimals else "no decimals"
