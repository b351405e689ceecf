"""What a line (STMTTRN) and a balance (LEDGERBAL) of an OFX statement say."""

import re
from datetime import date
from typing import Final, NamedTuple

from fluxo_statements.formats.ofx_amounts import ofx_amount
from fluxo_statements.formats.ofx_groups import ACCOUNTS, Group
from fluxo_statements.model import BalanceKind, Item, Place, StatementBalance, StatementLine, Terms, UnreadableLine
from fluxo_statements.text import one_line

# Some banks write balances among the lines, as if they were money. The other ones hold more than the account (what is
# invested, a limit) or less (what is blocked).
_BALANCE: Final = re.compile(
    r"(?:saldo|sdo|s a l d o)"
    r"(?: (?P<opening>anterior|inicial)|(?P<closing>| final| atual| parcial| (?:do )?dia)"
    r"|(?P<other>(?: total)?(?: em conta(?: corrente)?)?(?: dispon[ií]vel| bloqueado)?(?: (?:do |no )?dia)?"
    r"| (?:aplic|invest|cta/apl)\S*(?: \S+){0,3}))",
    re.IGNORECASE,
)
_SIGNS: Final = {"DEBIT": -1, "CREDIT": 1}


class Account(NamedTuple):
    """Whose lines follow, and in what."""

    name: str | None
    currency: str
    terms: Terms

    def amount(self, group: Group, name: str) -> int:
        """Return the amount in minor units.

        Raises:
            ValueError: there is none, or it is in another currency; the message is a sentence.
        """
        own = group.groups.get("CURRENCY")
        currency = own.text("CURSYM").upper() if own else self.currency
        if currency != self.terms.currency:
            raise ValueError(f"It is in {currency}; {self.terms.currency} was expected.")
        return ofx_amount(_only(group, name), self.terms)

    def line(self, group: Group, place: Place, source: str) -> Item | None:
        """Return what a STMTTRN says; None where no money moved and the account's balance is not said."""
        try:
            amount_minor = self.amount(group, "TRNAMT")
            if amount_minor == 0:
                return None
            day = _day(_only(group, "DTPOSTED"))
            bank_id = _only(group, "FITID") if "FITID" in group.values else ""
        except ValueError as error:
            return UnreadableLine(place, str(error), source)
        if corrected := group.text("CORRECTFITID"):
            return UnreadableLine(place, f"It corrects the line {corrected}; correct that one by hand.", source)
        description = _description(group)
        if (balance := _BALANCE.fullmatch(description)) is not None:
            if balance.lastgroup == "other":
                return None
            return StatementBalance(
                place, BalanceKind(str(balance.lastgroup)), day, amount_minor, self.terms.currency, self.name
            )
        kind = group.text("TRNTYPE").upper()
        contradicts = _SIGNS.get(kind, amount_minor) * amount_minor < 0
        return StatementLine(
            place=place,
            booked_on=day,
            amount_minor=amount_minor,
            currency=self.terms.currency,
            description=description,
            bank_id=bank_id if bank_id.strip("0") else None,
            account=self.name,
            kind=kind or None,
            guessed=(f"The sign is the amount's, though TRNTYPE is {kind}.",) if contradicts else (),
            source=source,
        )

    def closing(self, group: Group, last_day: str, place: Place, source: str) -> Item | None:
        """Return what a LEDGERBAL says, for the last day of the period where it names none.

        None where it is empty, has no day at all, or is in a currency in which no line is read.
        """
        written = next((day for day in (group.text("DTASOF"), last_day) if day.strip("0")), "")
        if not (written and group.text("BALAMT")) or self.currency != self.terms.currency:
            return None
        try:
            amount_minor, day = self.amount(group, "BALAMT"), _day(written)
        except ValueError as error:
            return UnreadableLine(place, f"The closing balance: {error}", source)
        return StatementBalance(place, BalanceKind.CLOSING, day, amount_minor, self.terms.currency, self.name)


def account_of(statement: Group | None, terms: Terms) -> Account:
    """Return the account of the statement, in the caller's currency where the file names none."""
    if statement is None:
        return Account(None, terms.currency, terms)
    numbers = next((statement.groups[name] for name in ACCOUNTS if name in statement.groups), statement)
    # A savings account may have the number of the account that it belongs to.
    kind = numbers.text("ACCTTYPE").upper()
    parts = (
        numbers.text("BANKID"),
        numbers.text("BRANCHID"),
        numbers.text("ACCTID"),
        "" if kind == "CHECKING" else kind,
    )
    name = " ".join(filter(None, parts)) if numbers.text("ACCTID") else None
    return Account(name, statement.text("CURDEF").upper() or terms.currency, terms)


def _only(group: Group, name: str) -> str:
    values = {one_line(value) for value in group.values.get(name, ())}
    if len(values) != 1:
        raise ValueError(f"It has {len(values) or 'no'} {name}; one was expected.")
    return values.pop()


def _day(text: str) -> date:
    """Return the day of the bank's clock: the first eight digits, whatever zone stands behind them."""
    if (digits := re.match(r"([0-9]{4})([0-9]{2})([0-9]{2})", text, re.ASCII)) is not None:
        try:
            return date(*map(int, digits.groups()))
        except ValueError:
            pass
    raise ValueError(f"{text[:40]!r} is no date; YYYYMMDD was expected.")


def _description(group: Group) -> str:
    """Return NAME and MEMO, each of them once: a name is often no more than the memo's beginning."""
    payee = group.groups.get("PAYEE", group)
    texts: list[str] = []
    for value in [*(group.values.get("NAME") or payee.values.get("NAME", [])), *group.values.get("MEMO", [])]:
        text = one_line(value)
        if not any(each.casefold().startswith(text.casefold()) for each in texts):
            texts = [*(each for each in texts if not text.casefold().startswith(each.casefold())), text]
    return " ".join(texts)
