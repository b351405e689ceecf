"""What a row is that has no day and amount: a total, a balance, a heading, or nothing."""

import re
from typing import Final

from fluxo_statements.model import BalanceKind
from fluxo_statements.sheets.mapping import words

MAY_BE_NO_ENTRY: Final = re.compile(
    r"\s*(?:s\s?a\s?l\s?d\s?o|(?:sub)?tota|opening|closing|previous|balance)", re.IGNORECASE
)
"""Told cheaply by how a description begins; `is_no_entry` tells for certain."""

_OPENING: Final = re.compile(
    r"saldo (?:anterior|inicial)(?: .{0,30})?|(?:opening|previous|starting) balance|balance brought forward"
)
_CLOSING: Final = re.compile(
    r"s ?a ?l ?d ?o|saldo (?:do dia|final|atual|total|em conta(?: corrente)?|em)(?: (?:do dia|na data|[0-9]+))*"
    r"|(?:closing|ending) balance|balance(?: carried forward)?"
)
_TOTAL: Final = re.compile(
    r"(?:sub)?tota(?:l|is|ls)"
    r"(?: (?:do|da|de|dos|das|geral|dia|mes|periodo|pagina|creditos?|debitos?|entradas?|saidas?))*"
    r"|saldo (?:total )?(?:bloqueado|disponivel|parcial|aplicado)(?: .*)?"
)
_BEGINS_AS_TOTAL: Final = re.compile(r"(?:sub)?tota(?:l|is) .*")
_NOT_BOOKED: Final = re.compile(
    r"lancamentos? (?:futuros?|agendados?|pendentes?|provisionados?)|agendamentos|pending transactions"
)


def balance_in(text: str) -> BalanceKind | None:
    label = words(text)
    if _OPENING.fullmatch(label):
        return BalanceKind.OPENING
    return BalanceKind.CLOSING if _CLOSING.fullmatch(label) else None


def is_total(text: str, *, of_a_day: bool) -> bool:
    """Tell whether a label is a sum's, or another balance's than the account's; a shop may be called Total."""
    label = words(text)
    return _TOTAL.fullmatch(label) is not None or (not of_a_day and _BEGINS_AS_TOTAL.fullmatch(label) is not None)


def is_no_entry(text: str) -> bool:
    """Tell whether a description speaks of a balance or a sum: recorded as money it would count all of it again."""
    return balance_in(text) is not None or is_total(text, of_a_day=True) or words(text).startswith("saldo ")


def is_not_booked(text: str) -> bool:
    """Tell whether a heading says that what follows has not happened yet."""
    return _NOT_BOOKED.fullmatch(words(text)) is not None


_DIRECTIONS: Final = {
    word: sign
    for sign, said in (
        (1, "c cr cred credito creditos credit entrada entradas in + receita"),
        (-1, "d dr deb debito debitos debit saida saidas out - despesa"),
    )
    for word in said.split()
}


def direction_in(text: str) -> int | None:
    """Return 1 for money in, -1 for money out, None for another word."""
    return _DIRECTIONS.get(words(text))
