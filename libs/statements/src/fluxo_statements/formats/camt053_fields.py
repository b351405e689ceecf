"""Fields of a camt.053, whatever namespace, and so version, its elements are in."""

from datetime import date
from functools import cache
from typing import Any, Final

from fluxo_statements.amounts import minor_units, plain_amount
from fluxo_statements.model import Terms
from fluxo_statements.text import one_line

_SIGNS: Final = {"CRDT": 1, "DBIT": -1}


@cache
def _any_version(path: str) -> str:
    return "/".join(f"{{*}}{each}" for each in path.split("/"))


def elements(element: Any, path: str) -> list[Any]:
    return element.findall(_any_version(path))  # type: ignore[no-any-return]


def text(element: Any, *paths: str) -> str | None:
    """Return the text of the first path that has one, blanks folded."""
    for path in paths:
        for found in elements(element, path):
            if line := one_line(found.text or ""):
                return line
    return None


def signed(element: Any, amount_path: str, terms: Terms, mark: str | None = None) -> int:
    """Return the amount in minor units, with the sign of the element's CdtDbtInd, else of `mark`.

    Raises:
        ValueError: amount, currency or sign can't be read; the message is a sentence.
    """
    mark = text(element, "CdtDbtInd") or mark
    if mark not in _SIGNS:
        raise ValueError(f"Whether money came in or went out is not said: CdtDbtInd is {mark or 'missing'}.")
    amount = plain_amount(text(element, amount_path) or "")
    if (currency := elements(element, amount_path)[0].get("Ccy")) != terms.currency:
        raise ValueError(f"It is in {currency}; {terms.currency} was expected.")
    if amount < 0:
        raise ValueError(f"Its amount {amount} has a sign, which belongs into CdtDbtInd.")
    return _SIGNS[mark] * minor_units(amount, terms)


def day(element: Any, name: str) -> date | None:
    """Return the first ten signs of the day or the time, whatever offset follows; None where neither is given.

    Raises:
        ValueError: they are no day; the message is a sentence.
    """
    if (found := text(element, f"{name}/Dt", f"{name}/DtTm")) is None:
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError:
        raise ValueError(f"{found[:40]!r} is no day.") from None
