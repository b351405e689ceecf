"""Amounts as people and programs write them in cells."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from fluxo_statements.model import Terms
from fluxo_statements.sheets.table import Uncomputed

_SYMBOLS: Final = {"BRL": r"R\$", "USD": r"US\$|\$", "EUR": "€", "GBP": "£"}
_MINUS: Final = "-\u2212\u2013"  # hyphen, minus, dash
_DIGITS: Final = re.compile("[0-9]+")
_SIGNED: Final = re.compile(rf"[{_MINUS}+(]|[0-9]\s*[CDcd]\b")
_EVIDENCE: Final = re.compile(r"[0-9](?:[.,][0-9]{3})*([.,])([0-9]*)(?![0-9.,])")
_TWO_WAYS: Final = re.compile(r"[0-9][.,][0-9]{3}(?![0-9])")
_FLOAT_NOISE: Final = 1e-4  # of the smallest unit: what sums of doubles are off by
_TEXT_MAX: Final = 60
_DOUBLES_MAX: Final = 1e15  # they keep fifteen digits
_DOUBLES_EXACT: Final = 1e10  # so far a product with a hundred or a thousand is off by less than that noise


def decimal_sign_in(text: str, decimals: int) -> str | None:
    """Return the decimal sign of an amount that can be read in one way only; None if it says nothing.

    An amount with both signs, or whose only sign stands twice or is not followed by three digits, says it.
    """
    if len(text) > _TEXT_MAX or (match := _EVIDENCE.search(text)) is None:
        return None
    last, digits = match[1], match[2]
    other = "," if last == "." else "."
    if other in match[0]:
        return last
    if match[0].count(last) > 1:
        return other
    return last if len(digits) != 3 and (decimals or set(digits) <= {"0"}) else None  # noqa: PLR2004 - of a thousand


def may_be_thousands(text: str) -> bool:
    return _TWO_WAYS.search(text) is not None


def is_signed(cell: object) -> bool:
    """Tell whether an amount says itself that it came in or went out."""
    return _SIGNED.search(cell) is not None if isinstance(cell, str) else isinstance(cell, int | float) and cell < 0


class Money:
    """Reads amounts that are written with one decimal sign. `notes` gets what was concluded of single ones."""

    def __init__(self, terms: Terms, decimal_sign: str) -> None:
        self._decimals, self._currency = terms.decimals, terms.currency
        self._sign, self._scale = decimal_sign, int(10**terms.decimals)
        self.notes: list[str] = []
        self._thousands = "." if decimal_sign == "," else ","
        thousands = rf"[{self._thousands}'\s]"
        # Three digits after the sign are a thousand to one reader and decimals to another: refused, except where three
        # are right.
        not_three = "" if terms.decimals == 3 else r"(?![0-9]{3}(?![0-9]))"  # noqa: PLR2004
        mark = f"(?:{_SYMBOLS.get(terms.currency, '')}|{terms.currency})?".replace("(?:|", "(?:")
        # Blanks are taken without going back (`*+`), or a cell of many would be tried in all ways to divide them.
        self._pattern = re.compile(
            rf"\s*+(\()?\s*+([{_MINUS}+])?\s*+{mark}\s*+([{_MINUS}+])?\s*+"
            rf"([0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{1,4}}|[0-9]{{1,15}})"
            rf"(?:\{decimal_sign}{not_three}([0-9]{{0,{terms.decimals}}})0*)?"
            rf"\s*+{mark}\s*+([{_MINUS}+])?\s*+(\))?\s*+([cCdD])?\s*+"
        )

    def __call__(self, cell: object) -> int:
        """Return a cell's amount in minor units, negative with a minus before or after it, in brackets, or with a D.

        Raises:
            ValueError: it is none, or can be read in two ways; a sentence.
        """
        if not isinstance(cell, str):
            return self._of_number(cell)
        if (match := self._pattern.fullmatch(cell)) is None:
            raise ValueError(self._why_not(cell))
        opened, before, after, whole, fraction, behind, closed, letter = match.groups()
        if not (whole := whole.replace(self._thousands, "")).isdecimal():
            whole = "".join(_DIGITS.findall(whole))
        amount = int(whole + (fraction or "").ljust(self._decimals, "0"))
        if not (opened or after or behind or closed or letter):
            return -amount if before and before != "+" else amount
        written = [each for each in (before, after, behind) if each]
        says = {"+" if each == "+" else "-" for each in written}
        says |= {"-"} if opened or letter in ("d", "D") else {"+"} if letter else set()
        if len(says) > 1 or len(written) > 1 or bool(opened) != bool(closed):
            raise ValueError(f"{cell.strip()[:40]!r} has more than one sign.")
        return -amount if "-" in says else amount

    def _of_number(self, cell: object) -> int:
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            raise ValueError(f"{cell!s} is no amount.")  # noqa: TRY004 - a cell's content, not a caller's mistake
        minor = cell * self._scale
        if abs(minor) < _DOUBLES_EXACT and abs(minor - (near := round(minor))) < _FLOAT_NOISE:
            return near
        if not abs(minor) < _DOUBLES_MAX:  # nor is what is no number
            raise ValueError(f"{cell!r} has more digits than a sheet's numbers keep.")
        written = Decimal(repr(cell))
        scaled = written.scaleb(self._decimals)
        rounded = scaled.to_integral_value(ROUND_HALF_UP)
        if abs(scaled - rounded) > _FLOAT_NOISE:
            self.notes.append(f"The cell holds {written}, rounded to {rounded.scaleb(-self._decimals)}.")
        return int(rounded)

    def _why_not(self, cell: str) -> str:
        if isinstance(cell, Uncomputed):
            return f"{cell} is a formula without a value: open the file in a spreadsheet program and save it."
        text = cell.strip()[:40]
        if not text:
            return "It has no amount."
        sign = "comma" if self._sign == "," else "point"
        return f"{text!r} is no amount of {self._currency} with {self._decimals} decimals and a {sign} before them."
