"""What any statement file says: lines of money that moved, balances between them, and what could not be read."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from fluxo_statements.sheets.mapping import Mapping


class Place(NamedTuple):
    """Where something stood in its file, in words that a person finds it by."""

    number: int
    """Counts lines of text, rows of a sheet or elements of a tree, from 1."""
    name: str
    """"line 12", "row 12 of Sheet1", "STMTTRN 12"."""


class StatementLine(NamedTuple):
    """Money that moved and is booked; pending and informational lines are no such lines."""

    place: Place
    booked_on: date
    """The day that the bank says, with no arithmetic of zones."""
    amount_minor: int
    """In minor units of `currency`; > 0 came in, < 0 went out, never 0."""
    currency: str
    description: str
    """As the file has it, blanks folded to one; may be empty or longer than an entry's may be."""
    bank_id: str | None = None
    """What names the line at its bank: FITID, AcctSvcrRef, a unique document number. Twins may share it."""
    account: str | None = None
    """Bank, branch and number as the file writes them; None where the file names no account."""
    kind: str | None = None
    """The bank's word or code for it: DEBIT, NTRF, PIX …"""
    balance_minor: int | None = None
    """The running balance after the line, where the file has one."""
    guessed: tuple[str, ...] = ()
    """What the file left open and was concluded, a sentence each: "the decimal sign is a comma"."""
    source: str = ""
    """The line as the file has it, for a file of the lines that could not be recorded."""


class UnreadableLine(NamedTuple):
    """A line that was meant to be money and can't be read; the lines around it can."""

    place: Place
    reason: str
    """A sentence for a person: what is wrong, and what was expected."""
    source: str = ""


class BalanceKind(StrEnum):
    OPENING = "opening"
    CLOSING = "closing"


class StatementBalance(NamedTuple):
    """The bank's own balance; opening is before the first line of its day, closing after the last."""

    place: Place
    kind: BalanceKind
    day: date
    amount_minor: int
    currency: str
    account: str | None = None


Item = StatementLine | UnreadableLine | StatementBalance
"""What a reader yields, in the order of the file."""


class Terms(NamedTuple):
    """What the reader's caller knows: whose money it is."""

    currency: str
    """What amounts are in where the file does not say; a line in another one is unreadable."""
    decimals: int
    """Of the currency: 2 for BRL."""
    mapping: Mapping | None = None
    """What a sheet's columns mean, where it is known better than from their header."""
    fees_apart: bool = False
    """Of a report of card sales, the gross and the fee as two lines; else the net as one."""
