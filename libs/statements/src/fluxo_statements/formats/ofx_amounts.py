"""TRNAMT and BALAMT: a point or a comma before the decimals; Brazilian banks also write thousands signs."""

import re
from typing import Final

from fluxo_statements.amounts import minor_units, plain_amount
from fluxo_statements.model import Terms
from fluxo_statements.text import one_line

_THOUSANDS: Final = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]*|(?:,[0-9]{3})+\.[0-9]*|(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})", re.ASCII
)
_BLANKS: Final = re.compile(r"[+-]?[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]*)?", re.ASCII)
_AFTER_SIGN: Final = re.compile(r"^([+-]) ")
_EITHER: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)


def ofx_amount(text: str, terms: Terms) -> int:
    """Return the amount in minor units.

    Raises:
        ValueError: it is no amount, or may be two; the message is a sentence.
    """
    written = _AFTER_SIGN.sub(r"\1", one_line(text))
    if _BLANKS.fullmatch(written):
        written = written.replace(" ", "")
    if _THOUSANDS.fullmatch(written):
        decimal_sign = max(".,", key=written.rfind) if "." in written and "," in written else None
        written = "".join(c for c in written if c not in ".," or c == decimal_sign)
    elif terms.decimals != 3 and _EITHER.fullmatch(written):  # noqa: PLR2004 - the digits between thousands signs
        thousands = re.sub("[.,]", "", written)
        raise ValueError(f"{text[:40]!r} may be {written.replace(',', '.')} or {thousands}; that is not guessed.")
    return minor_units(plain_amount(written), terms)
