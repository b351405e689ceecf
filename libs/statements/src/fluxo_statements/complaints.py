"""What an unreadable line's sentence says, as a code that stays the same: sentences hold what stands in the file."""

import re
from typing import Final

_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")

# The first that is found in the sentence, without what it quotes.
_CODES: Final = {
    code: re.compile(pattern)
    for code, pattern in {
        "other_currency": r"It is in .*was expected|Its currency is",
        "formula_without_value": r"is a formula without a value",
        "in_and_out": r"an amount that came in and one that went out",
        "sign_contradicts": r"has a minus, and another|a minus in the column|has a sign, which belongs",
        "ambiguous_amount": r"that is not guessed",
        "no_amount": r"It has no (?:amount|TRNAMT)",
        "not_an_amount": r"is no amount|more than one sign|more digits than|more decimals than",
        "no_date": r"It has no (?:date|day|DTPOSTED)",
        "not_a_date": r"is no date|is no day|There is no day",
        "direction_unknown": r"says neither credit nor debit|is neither C nor D|came in or went out is not said",
        "status_unknown": r"Whether it is (?:settled|booked)",
        "looks_like_balance": r"looks like a balance or a sum",
        "not_booked": r"is not booked yet",
        "row_broken": r"more cells than the header|A quotation mark in it",
        "corrects_another": r"It corrects the line",
        "not_of_its_format": r"^Type |^Expected |one was expected",
    }.items()
}
OTHER: Final = "not_understood"
CODES: Final = (*_CODES, OTHER)


def code_of(reason: str) -> str:
    """Return the code of an unreadable line's reason; OTHER where its sentence is a new one."""
    said = _QUOTED.sub("''", reason)
    return next((code for code, pattern in _CODES.items() if pattern.search(said)), OTHER)
