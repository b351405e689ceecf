"""CNAB 240, the statement for reconciliation: lots of service 04, whose lines are records of segment E.

FEBRABAN's layout, as those of Bradesco, Caixa and Sicoob are published; no bank's statement in CNAB 400 is. A file in
CNAB 400 is about slips, and is told apart so that a person can ask the bank for the right one.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.cnab240_records import Record, records
from fluxo_statements.model import BalanceKind, Item, StatementBalance, StatementLine, Terms, UnreadableLine

_FIRST_RECORD: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?[0-9]{3}00000[^\r\n]{152,232}\r?(?:\n|\Z)")
_CNAB_400: Final = re.compile(rb"\A0[12](?:REMESSA|RETORNO)")
_STATEMENT: Final = "04"
_ASK: Final = "Ask the bank for a statement: OFX, or CNAB 240 of service 04 (extrato para conciliação)."


class Lot(NamedTuple):
    """What holds for all records of a lot: one account's part of the file."""

    service: str
    account: str
    currency: str
    terms: Terms

    def line(self, record: Record) -> Item | None:
        """Return what a record of segment E says; None where no money moved."""
        if self.currency != self.terms.currency:
            return _unreadable(record, f"It is in {self.currency}; {self.terms.currency} was expected.")
        try:
            amount_minor = record.amount(self.terms)
            if amount_minor == 0:
                return None
            day = record.day()
        except ValueError as error:
            return _unreadable(record, str(error))
        # 01 is an account, often one's own. The document is who paid or the number of a contract: it names no line, and
        # yet may tell two apart.
        complement = "" if record.columns(112, 113) == "01" else record.columns(114, 133)
        texts = (record.columns(177, 201), complement, record.columns(202, 240).lstrip("0"))
        blocked = record.columns(109, 111) == "SSR"
        return StatementLine(
            place=record.place,
            booked_on=day,
            amount_minor=amount_minor,
            currency=self.currency,
            description=" ".join(text for text in texts if text.strip("0")),
            account=self.account,
            kind=record.columns(170, 172) or None,
            guessed=("The bank still blocks it (SSR); it counts as booked.",) if blocked else (),
            source=record.text.rstrip(),
        )

    def balance(self, record: Record, kind: BalanceKind) -> Item | None:
        """Return the balance in a lot's first or last record; None where it has no day."""
        if not record.columns(143, 150).strip("0") or self.currency != self.terms.currency:
            return None
        try:
            day, amount_minor = record.day(), record.amount(self.terms)
        except ValueError as error:
            return _unreadable(record, f"The {kind} balance: {error}")
        return StatementBalance(record.place, kind, day, amount_minor, self.currency, self.account)


def is_cnab240(head: bytes) -> bool:
    return _FIRST_RECORD.search(head) is not None or _CNAB_400.search(head) is not None


def read_cnab240(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield each account's opening balance, its lines and its closing balance; a line of nothing yields nothing.

    Raises:
        UnreadableFileError: it is cut off, or about slips or payments and no statement.
    """
    with path.open("rb") as file:
        if _CNAB_400.search(file.read(9)) is not None:
            raise UnreadableFileError(f"This is CNAB 400, about what became of slips and no statement. {_ASK}")
    lot: Lot | None = None
    services: set[str] = set()
    type_ = ""
    for record in records(path):
        type_ = record.columns(8, 8)
        if (type_ in ("0", "1", "9")) != (lot is None):
            raise UnreadableFileError(
                f"Line {record.place.number} is a record of type {type_!r} where the lot before it has no end, or no "
                "beginning: the file is not complete. Download it again."
            )
        if type_ == "1":
            lot = _lot(record, terms)
            services.add(lot.service)
        if lot is not None and (item := _item(type_, record, lot)) is not None:
            yield item
        lot = None if type_ == "5" else lot
    if type_ != "9":
        raise UnreadableFileError("The CNAB 240 file ends without its last record (type 9). Download it again.")
    if _STATEMENT not in services:
        names = ", ".join(sorted(services)) or "none"
        raise UnreadableFileError(f"This is CNAB 240 without a statement; its services: {names}. {_ASK}")


def _item(type_: str, record: Record, lot: Lot) -> Item | None:
    if lot.service != _STATEMENT:
        return None
    match type_, record.columns(14, 14):
        case "1", _:
            return lot.balance(record, BalanceKind.OPENING)
        case "3", "E":
            return lot.line(record)
        case "5", _:
            return lot.balance(record, BalanceKind.CLOSING)
        case "2" | "4", _:  # for what the bank likes to say
            return None
        case _, segment:
            return _unreadable(record, f"Type {type_!r} and segment {segment!r} are no line; 3 and 'E' were expected.")


def _lot(record: Record, terms: Terms) -> Lot:
    branch, number = (
        "-".join(filter(None, (record.columns(first, last - 1), record.columns(last, last))))
        for first, last in ((53, 58), (59, 71))
    )
    account = f"{record.columns(1, 3)} {branch} {number}"
    currency = record.columns(171, 173)
    if re.fullmatch(r"[A-Z]{3}", currency) is None:
        currency = terms.currency
    return Lot(record.columns(10, 11), account, currency, terms)


def _unreadable(record: Record, reason: str) -> UnreadableLine:
    return UnreadableLine(record.place, reason, record.text.rstrip())
