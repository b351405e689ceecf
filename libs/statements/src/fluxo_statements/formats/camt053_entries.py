"""Entries (Ntry) of a camt.053, and the transactions (TxDtls) in them."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from fluxo_statements.formats.camt053_fields import day, elements, signed, text
from fluxo_statements.model import Item, Place, StatementLine, Terms, UnreadableLine
from fluxo_statements.text import one_line

_NOT_BOOKED: Final = ("PDNG", "INFO", "FUTR")
_NO_REFERENCE: Final = (None, "NONREF", "NOTPROVIDED")


class Transaction(NamedTuple):
    """One of an entry's, read before its entry ends: a batch of thousands takes little memory."""

    amount_minor: int | None
    """None where it has no amount in the currency."""
    what_for: tuple[str | None, ...]
    other_side: str | None
    bank_id: str | None
    source: str


def transaction(element: Any, terms: Terms) -> Transaction:
    entry = element.getparent().getparent()
    mark = text(element, "CdtDbtInd") or text(entry, "CdtDbtInd")
    try:
        path = "Amt" if elements(element, "Amt") else "AmtDtls/TxAmt/Amt"
        amount_minor = signed(element, path, terms, mark)
    except ValueError:
        amount_minor = None
    reversal = text(entry, "RvslInd") in {"true", "1"}  # keeps the roles that the original had
    other = "Dbtr" if (mark == "CRDT") != reversal else "Cdtr"
    return Transaction(
        amount_minor,
        (
            " ".join(each.text or "" for each in elements(element, "RmtInf/Ustrd")),
            text(element, "RmtInf/Strd/CdtrRefInf/Ref"),
            text(element, "AddtlTxInf"),
        ),
        text(element, f"RltdPties/{other}/Pty/Nm", f"RltdPties/{other}/Nm"),
        _bank_id(element, "Refs/AcctSvcrRef"),
        _source(element),
    )


def entry_lines(
    entry: Any, number: int, transactions: list[Transaction], account: str | None, terms: Terms
) -> Iterator[Item]:
    """Yield the entry as a line, or, where its transactions have amounts that make its sum, a line for each."""
    status = text(entry, "Sts/Cd", "Sts")
    if status in _NOT_BOOKED:
        return
    place = Place(number, f"Ntry {number}")
    try:
        if status != "BOOK":
            raise ValueError(f"Whether it is booked is not said: Sts is {status or 'missing'}.")  # noqa: TRY301
        if (amount_minor := signed(entry, "Amt", terms)) == 0:
            return
        value_date, booked_on = day(entry, "ValDt"), day(entry, "BookgDt")
        if (known := booked_on or value_date) is None:
            raise ValueError("It has no day (BookgDt).")  # noqa: TRY301
    except ValueError as error:
        yield UnreadableLine(place, str(error), _source(entry))
        return
    whole = StatementLine(
        place,
        known,
        amount_minor,
        terms.currency,
        _description(entry, transactions[0] if len(transactions) == 1 else None),
        bank_id=_bank_id(entry, "AcctSvcrRef"),
        account=account,
        kind=_kind(entry),
        guessed=() if booked_on else ("It has no booking date: the value date is taken.",),
        source=_source(entry),
    )
    parts = [each.amount_minor for each in transactions if each.amount_minor]
    if len(transactions) < 2 or len(parts) < len(transactions) or sum(parts) != amount_minor:  # noqa: PLR2004
        yield whole
        return
    for count, (each, part) in enumerate(zip(transactions, parts, strict=True), 1):
        shared = each.bank_id in {None, whole.bank_id}
        yield whole._replace(
            place=Place(number, f"Ntry {number}, TxDtls {count}"),
            amount_minor=part,
            description=_description(entry, each),
            bank_id=whole.bank_id and f"{whole.bank_id}.{count}" if shared else each.bank_id,
            source=each.source,
        )


def _source(element: Any) -> str:
    """Return the element as the file has it; of a batch as a whole, only the last of its transactions is left."""
    from lxml import etree  # noqa: PLC0415

    return etree.tostring(element, encoding="unicode", with_tail=False)  # type: ignore[no-any-return]


def _bank_id(element: Any, path: str) -> str | None:
    """Return the bank's reference. NtryRef is none: it counts within a statement, or is one for a whole account."""
    return None if (found := text(element, path)) in _NO_REFERENCE else found


def _kind(entry: Any) -> str | None:
    domain = [text(entry, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(code for code in domain if code) or text(entry, "BkTxCd/Prtry/Cd")


def _description(entry: Any, of: Transaction | None) -> str:
    """Return what it was for, then who was on the other side; of a batch as a whole what the bank says, or its name."""
    if of is None:
        return text(entry, "AddtlNtryInf", "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId") or ""
    said = (*of.what_for, text(entry, "AddtlNtryInf"), of.other_side)
    return " - ".join(dict.fromkeys(line for each in said if (line := one_line(each or ""))))
