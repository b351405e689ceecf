"""What the columns of a sheet mean: concluded from its header, or said by who knows better."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

_CURRENCY_MARK: Final = re.compile(r"r\$|\(?\b(?:em )?(?:brl|reais)\b\)?")
_NO_WORD: Final = re.compile(r"[^a-z0-9+\-]+|(?<=\w)-|-(?=\w)")


class Meaning(StrEnum):
    DAY = "day"
    DESCRIPTION = "description"
    """Of several columns the texts are joined, in the order of the sheet."""
    AMOUNT = "amount"
    """Signed, or with `DIRECTION` beside it; net of fees where there is `GROSS`."""
    CHARGE = "charge"
    """As the statement of a credit card has it: > 0 was bought and went out, < 0 was paid or given back."""
    MONEY_IN = "money_in"
    MONEY_OUT = "money_out"
    DIRECTION = "direction"
    """C or D, Crédito or Débito, + or -."""
    BALANCE = "balance"
    KIND = "kind"
    BANK_ID = "bank_id"
    """Of several columns the texts are joined."""
    ACCOUNT = "account"
    CURRENCY = "currency"
    GROSS = "gross"
    STATUS = "status"
    """Compared with the mapping's `settled` and `unsettled` words."""


class Mapping(NamedTuple):
    header: tuple[str, ...]
    """The `words` of the header's cells; empty where the sheet has no header and starts with its first row."""
    columns: tuple[Meaning | None, ...]
    """What each column means; None for one that is passed over."""
    day_first: bool | None = None
    """Whether 05/06/2026 is in June; None: concluded from the column."""
    decimal_sign: str | None = None
    """`,` or `.`; None: concluded from the columns."""
    settled: tuple[str, ...] = ()
    """In `words`: rows with another status are left out if it is in `unsettled`, and unreadable if not."""
    unsettled: tuple[str, ...] = ()
    name: str | None = None
    """Whose report it is, of those that ship with the product."""
    portuguese: bool = False

    def at(self, meaning: Meaning) -> int | None:
        return self.columns.index(meaning) if meaning in self.columns else None

    def all_at(self, meaning: Meaning) -> tuple[int, ...]:
        return tuple(index for index, each in enumerate(self.columns) if each is meaning)

    def lacks(self) -> str | None:
        """Return which column a sheet of money needs and this one has not, in words."""
        if Meaning.DAY not in self.columns:
            return "one with the day (Data, Date)"
        if not {Meaning.AMOUNT, Meaning.CHARGE, Meaning.MONEY_IN, Meaning.MONEY_OUT} & set(self.columns):
            return "one with the amount (Valor, Amount), or two with money in and out (Crédito and Débito)"
        return None


def words(cell: str) -> str:
    """Return a cell's words to compare: small letters without accents, signs and currency."""
    plain = unicodedata.normalize("NFKD", cell.casefold())
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return _NO_WORD.sub(" ", _CURRENCY_MARK.sub(" ", plain)).strip()


def fingerprint(header: Sequence[str]) -> str:
    """Return what names a header, however it is written: 16 hexadecimal digits, the same for ever."""
    return hashlib.sha256("\x1f".join(names_of(header)).encode()).hexdigest()[:16]


def names_of(header: Sequence[str]) -> tuple[str, ...]:
    """Return the words of each cell, without the empty ones at the end, which come and go with the program."""
    names = list(map(words, header))
    while names and not names[-1]:
        names.pop()
    return tuple(names)
