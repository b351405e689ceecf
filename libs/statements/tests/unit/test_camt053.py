"""What is written as camt.053 is read back; what is damaged is never lost without a word."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from fluxo_statements.checks import BalanceChecks
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.camt053 import is_camt053, read_camt053
from fluxo_statements.model import StatementLine, Terms
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.builder import ElementMaker

BRL = Terms("BRL", 2)
SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "camt053").glob("*.xml"))
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "), max_size=40).map(
    lambda text: " ".join(text.split())
)
AMOUNTS = st.integers(-(10**13), 10**13).filter(bool)


class Entry(NamedTuple):
    day: date
    parts: list[tuple[int, str]]
    """Amount in minor units and what it was for; several are a batch."""
    time: str
    booked: str


ENTRIES = st.builds(
    Entry,
    st.dates(date(1990, 1, 1), date(2099, 12, 31)),
    st.lists(st.tuples(AMOUNTS, TEXTS), min_size=1, max_size=3).filter(lambda parts: sum(part[0] for part in parts)),
    st.sampled_from(["", "T23:30:00-03:00", "T01:30:00Z"]),
    st.sampled_from(["BOOK", "BOOK", "PDNG", "INFO"]),
)
STATEMENTS = st.lists(
    st.tuples(st.sampled_from(["0001", "0002"]), st.lists(ENTRIES, max_size=5)), min_size=1, max_size=3
)


def written(statements, version: int) -> etree._Element:
    E = ElementMaker(namespace=f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}")  # noqa: N806 - lxml's name
    new = version >= 8

    def money(minor):
        mark = "CRDT" if minor >= 0 else "DBIT"
        return E.Amt(f"{abs(minor) // 100}.{abs(minor) % 100:02}", Ccy="BRL"), E.CdtDbtInd(mark)

    def balance(code, minor):
        return E.Bal(E.Tp(E.CdOrPrtry(E.Cd(code))), *money(minor), E.Dt(E.Dt("2026-11-05")))

    def transaction(minor, text):
        amount, mark = money(minor)
        amounts = [amount, mark] if new else [mark, E.AmtDtls(E.TxAmt(amount))]
        return E.TxDtls(*amounts, E.RmtInf(E.Ustrd(text)))

    def entry(number, each):
        return E.Ntry(
            *money(sum(minor for minor, _ in each.parts)),
            E.Sts(E.Cd(each.booked)) if new else E.Sts(each.booked),
            E.BookgDt(E.DtTm(f"{each.day}{each.time}") if each.time else E.Dt(f"{each.day}")),
            E.AcctSvcrRef(f"R{number}"),
            E.NtryDtls(*(transaction(*part) for part in each.parts)),
        )

    def statement(account, entries):
        booked = sum(minor for each in entries if each.booked == "BOOK" for minor, _ in each.parts)
        head = E.Acct(E.Id(E.Othr(E.Id(account)))), balance("OPBD", 5), balance("CLBD", 5 + booked)
        return E.Stmt(*head, *(entry(number, each) for number, each in enumerate(entries)))

    return E.Document(E.BkToCstmrStmt(*(statement(*each) for each in statements)))


@given(
    statements=STATEMENTS,
    version=st.integers(2, 13),
    code=st.sampled_from(["utf-8", "utf-16", "iso-8859-1"]),
    pretty=st.booleans(),
)
def test_entries_that_are_written_are_read_back(tmp_path_factory, statements, version, code, pretty):
    path = tmp_path_factory.getbasetemp() / "written.xml"
    tree = written(statements, version)
    path.write_bytes(etree.tostring(tree, xml_declaration=True, encoding=code, pretty_print=pretty))
    assert is_camt053(path.read_bytes())
    items, checks = list(read_camt053(path, BRL)), BalanceChecks()
    for item in items:
        checks.add(item)
    lines = [item for item in items if isinstance(item, StatementLine)]
    assert [(line.account, line.booked_on, line.amount_minor, line.description, line.bank_id) for line in lines] == [
        (account, each.day, minor, text, f"R{number}" + (f".{part}" if len(each.parts) > 1 else ""))
        for account, entries in statements
        for number, each in enumerate(entries)
        if each.booked == "BOOK"
        for part, (minor, text) in enumerate(each.parts, 1)
    ]
    assert checks.differences == []
    assert len(items) == len(lines) + 2 * len(statements)


@given(st.binary(max_size=300) | st.text("<>/&;! ?[]BkToCstmrStmtNry'=\"", max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.xml"
    path.write_bytes(content)
    is_camt053(content)
    with suppress(UnreadableFileError):
        list(read_camt053(path, BRL))


@given(
    sample=st.sampled_from(SAMPLES),
    at=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 8),
    instead=st.binary(max_size=4)
    | st.sampled_from([b"0", b"<Ntry>", b"</Ntry>", b"<!--", b"&amp;", b"&x;", b" ", b"-"]),
)
def test_a_damaged_file_loses_no_entry_in_silence(tmp_path_factory, sample, at, length, instead):
    data = sample.read_bytes()
    begin = int(at * len(data))
    path = tmp_path_factory.getbasetemp() / "damaged.xml"
    path.write_bytes(data[:begin] + instead + data[begin + length :])
    try:
        told = [item.place.name.split(",")[0] for item in read_camt053(path, BRL)]
    except UnreadableFileError:
        return
    for number, entry in enumerate(etree.parse(str(path)).iter("{*}Ntry"), 1):
        status = "".join(entry.find("{*}Sts").itertext()) if entry.find("{*}Sts") is not None else ""
        amount = entry.findtext("{*}Amt") or ""
        assert f"Ntry {number}" in told or status.strip() in {"PDNG", "INFO", "FUTR"} or not amount.strip("0. \n")


def test_what_a_doctype_points_to_is_neither_opened_nor_read(tmp_path):
    secret, path = tmp_path / "secret.txt", tmp_path / "statement.xml"
    secret.write_text("1.00")
    doctype = f'<!DOCTYPE Document [<!ENTITY secret SYSTEM "{secret.as_uri()}">]><Document'
    content = (SAMPLES[0].parent / "version-02-status-as-text.xml").read_text()
    path.write_text(content.replace("<Document", doctype).replace(">250.00<", ">&secret;<"))
    with pytest.raises(UnreadableFileError, match="DOCTYPE"):
        list(read_camt053(path, BRL))


@pytest.mark.parametrize("written", [".5", "0.50", "+.50", "00.5"])  # each is a decimal of XML Schema
def test_an_amount_below_one_may_stand_without_its_zero(tmp_path, written):
    path = tmp_path / "half.xml"
    content = (SAMPLES[0].parent / "version-02-status-as-text.xml").read_text()
    path.write_text(content.replace(">250.00<", f">{written}<", 1))
    assert 50 in [abs(item.amount_minor) for item in read_camt053(path, BRL) if isinstance(item, StatementLine)]


def test_a_batch_of_many_transactions_is_a_line_each(tmp_path):
    path = tmp_path / "batch.xml"
    content = (SAMPLES[0].parent / "batch-whose-amounts-sum.xml").read_text()
    one = '<TxDtls><Amt Ccy="BRL">0.01</Amt><CdtDbtInd>CRDT</CdtDbtInd><Refs><EndToEndId>1</EndToEndId></Refs></TxDtls>'
    head, tail = content.index("<TxDtls>"), content.rindex("</TxDtls>") + len("</TxDtls>")
    path.write_text(content[:head] + one * 6000 + content[tail:])
    lines = [item for item in read_camt053(path, BRL) if isinstance(item, StatementLine)]
    assert len({line.bank_id for line in lines}) == len(lines) == 6000
    assert sum(line.amount_minor for line in lines) == 6000


def test_a_sample_of_each_version_is_recognised_and_nothing_else():
    assert all(is_camt053(path.read_bytes()) for path in SAMPLES)
    assert not is_camt053(b'{"note": "camt.053.001.08"}')
    assert not is_camt053(b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>')
