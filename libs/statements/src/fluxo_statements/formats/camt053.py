"""ISO 20022 camt.053, the bank-to-customer statement, of any version; several statements and accounts in a file.

An entry's sign is its CdtDbtInd alone: the standard says that a reversal (RvslInd) of a debit is a CRDT. Only what has
the status BOOK is read, for opening + booked = closing. The day is the first ten signs of BookgDt, no offset counts.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.camt053_entries import Transaction, entry_lines, transaction
from fluxo_statements.formats.camt053_fields import day, elements, signed, text
from fluxo_statements.model import BalanceKind, Item, Place, StatementBalance, Terms

_MARK: Final = re.compile(rb"camt\.05[234]\.001\.|BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)\b")
_REPORTS: Final = {"Rpt": "a camt.052, a report during a day", "Ntfctn": "a camt.054, a notice of single movements"}
_WITHIN: Final = {"Ntry": ("Stmt", 1), "TxDtls": ("Ntry", 2)}
"""Which element each is in, and how far up that is."""
_BALANCES: Final = {BalanceKind.OPENING: ("OPBD", "PRCD"), BalanceKind.CLOSING: ("CLBD",)}
"""Booked ones, at the edges of the period; interim (ITBD) and available ones (CLAV, FWAV …) are passed over."""


def is_camt053(head: bytes) -> bool:
    plain = head.replace(b"\0", b"")  # UTF-16
    return re.match(rb"[^\w<]*<", plain) is not None and _MARK.search(plain) is not None


def read_camt053(path: Path, terms: Terms) -> Iterator[Item]:
    """Yield each statement's balances and booked entries; an entry of nothing yields nothing.

    Raises:
        UnreadableFileError: it is no whole XML, has a DOCTYPE, is another report, has an entry where none belongs,
            or a balance that can't be read.
    """
    from lxml import etree  # noqa: PLC0415 - only who reads such a file waits for it

    entries, statements, opened = 0, 0, False
    transactions: list[Transaction] = []
    try:
        for event, element in etree.iterparse(
            str(path),
            events=("start", "end"),
            tag=[f"{{*}}{name}" for name in ("TxDtls", "Ntry", "Stmt", *_REPORTS)],
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        ):
            name = _local_name(element)
            _refuse_others(element, name)
            if event == "start":
                _refuse_misplaced(element, name)
                statements += name == "Stmt"
                opened = opened and name != "Stmt"
                continue
            if name == "TxDtls":
                transactions.append(transaction(element, terms))
                _forget_before(element)
                continue
            statement = element if name == "Stmt" else element.getparent()
            if not opened:
                yield from _balance(statement, statements, BalanceKind.OPENING, terms)
                opened = True
            if name == "Stmt":
                yield from _balance(statement, statements, BalanceKind.CLOSING, terms)
            else:
                entries += 1
                yield from entry_lines(element, entries, transactions, _account(statement), terms)
                transactions = []
                _forget_before(element)
            element.clear()
    except (etree.XMLSyntaxError, LookupError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UnreadableFileError(
            f"The XML is broken or cut off in line {line}. Get the file from the bank again."
        ) from error
    if not statements:
        raise UnreadableFileError("The file holds no statement (BkToCstmrStmt/Stmt).")


def _refuse_others(element: Any, name: str) -> None:
    if element.getroottree().docinfo.doctype:
        raise UnreadableFileError("The XML has a DOCTYPE, which no bank's statement needs. It is not read.")
    if name in _REPORTS:
        raise UnreadableFileError(
            f"This is {_REPORTS[name]}: it has no balances of booked days. Ask the bank for a camt.053."
        )


def _refuse_misplaced(element: Any, name: str) -> None:
    within, levels = _WITHIN.get(name, ("", 0))
    around = next(islice(element.iterancestors(), levels - 1, None), None) if levels else None
    if levels and (around is None or _local_name(around) != within):
        raise UnreadableFileError(
            f"In line {element.sourceline} a {name} stands in no {within}. Get the file from the bank again."
        )


def _local_name(element: Any) -> str:
    """Return its name without the namespace; QName refuses one that holds a brace."""
    return str(element.tag.rpartition("}")[2])


def _forget_before(element: Any) -> None:
    """Free the element before; the parser still needs this one itself."""
    before = element.getprevious()
    if before is not None and before.tag == element.tag:
        element.getparent().remove(before)


def _account(statement: Any) -> str | None:
    return text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id")


def _balance(statement: Any, number: int, kind: BalanceKind, terms: Terms) -> Iterator[StatementBalance]:
    """Yield the statement's first opening or last closing balance, if it has one in the currency; no page's (INTM)."""
    found = []
    for element in elements(statement, "Bal"):
        code = text(element, "Tp/CdOrPrtry/Cd")
        if code not in _BALANCES[kind] or text(element, "Tp/SubTp/Cd") == "INTM":
            continue
        if any(amount.get("Ccy") != terms.currency for amount in elements(element, "Amt")):
            continue
        try:
            on, amount_minor = day(element, "Dt"), signed(element, "Amt", terms)
            if on is None:
                raise ValueError("It has no day.")  # noqa: TRY301
        except ValueError as error:
            raise UnreadableFileError(f"The balance {code} of Stmt {number} can't be read. {error}") from error
        place = Place(number, f"Stmt {number}, Bal {code}")
        found.append(StatementBalance(place, kind, on, amount_minor, terms.currency, _account(statement)))
    if found:
        edge = min if kind is BalanceKind.OPENING else max
        yield edge(found, key=lambda balance: balance.day)
