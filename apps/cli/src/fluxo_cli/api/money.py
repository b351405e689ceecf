"""Amounts as people write them in Brazil and as the API writes them; decimal strings and integers, never a float."""

import re
from typing import Final

_API: Final = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?\Z")
_BRAZILIAN: Final = re.compile(r"(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+),[0-9]{1,2}\Z")
_AMBIGUOUS: Final = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+\Z")


def parse_amount(text: str) -> str:
    """Return the API's decimal string for "1234.56", "1234,56", "1.234,56" or "1234".

    Only the writing is judged here; which amounts are allowed is the service's to say.

    Raises:
        ValueError: another writing, or one that two people would read differently; a sentence that says what to write.
    """
    if _API.match(text):
        return text
    if _BRAZILIAN.match(text):
        return text.replace(".", "").replace(",", ".")
    if _AMBIGUOUS.match(text):
        raise ValueError(f"{text} can be read in two ways: write the cents too, such as 1234.00 or 1.234,00.")
    raise ValueError("Write the amount as 1234.56, 1234,56 or 1.234,56: no sign, no currency, at most two decimals.")


def format_minor(amount_minor: int) -> str:
    """Return minor units as the API writes them: -15000 is "-150.00"."""
    units, cents = divmod(abs(amount_minor), 100)
    return f"{'-' if amount_minor < 0 else ''}{units}.{cents:02d}"
