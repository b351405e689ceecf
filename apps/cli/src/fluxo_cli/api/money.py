"""Amounts as people write them in Brazil and as the API writes them; decimal strings and integers, never a float."""

import re
from functools import cache
from typing import Final

DECIMALS_DEFAULT: Final = 2

_GROUPED: Final = r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+"
_AMBIGUOUS: Final = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+\Z")
# Without decimals both marks can only group.
_WHOLE: Final = re.compile(r"(?:[0-9]+|[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+))\Z")


def parse_amount(text: str, decimals: int = DECIMALS_DEFAULT) -> str:
    """Return the API's decimal string for "1234.56", "1234,56", "1.234,56" or "1234", in a currency of two decimals.

    In one of more, three digits after the only mark are decimals, as the API writes them; in one of none they are
    thousands. Only the writing is judged here; which amounts are allowed is the service's to say.

    Raises:
        ValueError: another writing, or one that two people would read differently; a sentence that says what to write.
    """
    if decimals == 0:
        if _WHOLE.match(text):
            return re.sub("[.,]", "", text)
        raise ValueError("Write the amount as 1234 or 1.234: no sign, no currency, no decimals.")
    api, brazilian = _writings(decimals)
    if api.match(text):
        return text
    if brazilian.match(text):
        return text.replace(".", "").replace(",", ".")
    cents = "0" * decimals
    if _AMBIGUOUS.match(text):
        raise ValueError(f"{text} can be read in two ways: write the cents too, such as 1234.{cents} or 1.234,{cents}.")
    shown, most = {2: ("56", "two"), 3: ("567", "three"), 4: ("5678", "four")}[decimals]
    writings = f"1234.{shown}, 1234,{shown} or 1.234,{shown}"
    raise ValueError(f"Write the amount as {writings}: no sign, no currency, at most {most} decimals.")


@cache
def _writings(decimals: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    fraction = rf"[0-9]{{1,{decimals}}}"
    return re.compile(rf"[0-9]+(?:\.{fraction})?\Z"), re.compile(rf"(?:[0-9]+|{_GROUPED}),{fraction}\Z")
