"""What is written as OFX is read back, and of what is damaged no line is lost without a word."""

import re
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.ofx import read_ofx
from fluxo_statements.formats.ofx_amounts import ofx_amount
from fluxo_statements.model import Terms
from hypothesis import given, settings
from hypothesis import strategies as st

BRL = Terms("BRL", 2)
FILES = sorted((Path(__file__).parents[1] / "samples/ofx").glob("*.[oq]fx"))
# Without those whose lines of money are rightly passed over: pending ones, balances of more than the account.
SAMPLES = [text for text in (path.read_bytes() for path in FILES) if not re.search(b"<STMTTRNP>|SALDO TOTAL", text)]
TEXTS = st.text(st.characters(codec="cp1252", exclude_categories=["C", "Z"], include_characters=" "), max_size=40).map(
    lambda text: " ".join(text.split())
)
LINES = st.lists(
    st.tuples(
        st.dates(date(1990, 1, 1), date(2099, 12, 31)),
        st.integers(-(10**13), 10**13),
        TEXTS,
        st.sampled_from(["", "[-3:BRT]", "233000[-03:EST]"]),
    ),
    max_size=12,
)
TAGS = b"<STMTTRN> </STMTTRN> <TRNAMT> <MEMO> </OFX> <STMTRS> </STMTRS> <CURRENCY> <BAL> <![CDATA[ ]]> <!-- --> <? < >"
PIECES = st.sampled_from([*TAGS.split(), b"&", b"/", b"1", b",", b"\n", b"\x00", b"\xff", b"\xc3"])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("ofx") / "statement.ofx"


def read(path: Path, content: bytes):
    path.write_bytes(content)
    return list(read_ofx(path, BRL))


def amount(minor: int, decimal_sign: str) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}{decimal_sign}{abs(minor) % 100:02d}"


def statement(lines, *, end_tags: bool, decimal_sign: str, line_end: str) -> str:
    def leaf(tag, value):
        text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<{tag}>{text}" + (f"</{tag}>" if end_tags else "") + line_end

    # ORG is no UTF-8 where it is written as Windows-1252, whatever the lines hold.
    parts = ["<OFX><SONRS><FI>", leaf("ORG", "Itaú"), "</FI></SONRS><STMTRS>", leaf("CURDEF", "BRL")]
    parts += ["<BANKACCTFROM>", leaf("BANKID", "341"), leaf("ACCTID", "1-9"), "</BANKACCTFROM><BANKTRANLIST>"]
    for number, (day, minor, text, zone) in enumerate(lines, start=1):
        parts += ["<STMTTRN>", leaf("TRNTYPE", "OTHER"), leaf("DTPOSTED", f"{day:%Y%m%d}{zone}"), leaf("MEMO", text)]
        parts += [leaf("TRNAMT", amount(minor, decimal_sign)), leaf("FITID", f"F{number}"), "</STMTTRN>", line_end]
    parts += ["</BANKTRANLIST><LEDGERBAL>", leaf("BALAMT", amount(sum(line[1] for line in lines), decimal_sign))]
    return "".join([*parts, leaf("DTASOF", "20261130"), "</LEDGERBAL></STMTRS></OFX>"])


@settings(deadline=None)
@given(
    lines=LINES,
    end_tags=st.booleans(),
    decimal_sign=st.sampled_from(".,"),
    line_end=st.sampled_from(["", "\n", "\r\n"]),
    code=st.sampled_from(["utf-8", "cp1252"]),
)
def test_a_statement_that_is_written_is_read_back(path, lines, end_tags, decimal_sign, line_end, code):
    content = statement(lines, end_tags=end_tags, decimal_sign=decimal_sign, line_end=line_end)
    *items, balance = read(path, content.encode(code))
    assert [(item.bank_id, item.booked_on, item.amount_minor, item.description) for item in items] == [
        (f"F{number}", day, minor, text) for number, (day, minor, text, _) in enumerate(lines, start=1) if minor
    ]
    assert balance.amount_minor == sum(line[1] for line in lines)


@settings(deadline=None)
@given(sample=st.sampled_from(SAMPLES), cuts=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), PIECES)))
def test_in_a_damaged_statement_each_line_is_read_or_named_or_the_file_is_refused(path, sample, cuts):
    for start, length, piece in cuts:
        sample = sample[:start] + piece + sample[start + length :]
    try:
        items = read(path, sample or b" ")
    except UnreadableFileError:
        return
    assert len({item.place.number for item in items}) == len(items)
    said = {item.place.name for item in items}
    lines = re.split(rb"<STMTTRN[\s/>]", sample, flags=re.IGNORECASE)
    without_word = [line for number, line in enumerate(lines) if number and f"STMTTRN {number}" not in said]
    assert not [line for line in without_word if re.search(rb"<TRNAMT>[^<]*[1-9]", line, re.IGNORECASE)]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words_or_hold_no_line(path, content):
    with suppress(UnreadableFileError):
        assert read(path, b"<OFX>" + content + b"<STMTRS></STMTRS></OFX>") == []


@pytest.mark.parametrize(
    ("text", "terms", "minor"),
    [
        ("1.234", Terms("KWD", 3), 1234),
        ("1,234.5", Terms("KWD", 3), 1_234_500),
        ("1.234.567", Terms("JPY", 0), 1_234_567),
        ("120", Terms("JPY", 0), 120),
        ("+0012,5", BRL, 1250),
        ("1.234.567,8", BRL, 123_456_780),
        ("0.500", BRL, 50),
        ("-0,000", BRL, 0),
        ("+1\xa0006,60", BRL, 100_660),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(text, terms, minor):
    assert ofx_amount(text, terms) == minor


@pytest.mark.parametrize(
    "text", ["", "-", "1,2,3", "1.2345,00", "10 20", "1e3", "\u0661", "1_0", "NaN", "1,234,56", "12.345", "1,234.567.8"]
)
def test_what_may_be_two_amounts_or_none_is_not_guessed(text):
    with pytest.raises(ValueError, match=r"\.$"):
        ofx_amount(text, BRL)


@pytest.mark.parametrize(
    "content",
    [b"<STMTRS>" + b"<BAL>" * 40, b"<STMTRS><!DOCTYPE OFX>", b"<STMTRS><MEMO><![CDATA[ "],
    ids=["groups in groups", "DOCTYPE", "CDATA without an end"],
)
def test_what_no_bank_writes_is_refused(path, content):
    with pytest.raises(UnreadableFileError):
        read(path, b"<OFX>" + content + b"</OFX>")


def test_a_reader_may_be_left_before_its_end(path):
    path.write_bytes(SAMPLES[0])
    items = read_ofx(path, BRL)
    assert next(items)
    items.close()


def test_a_tag_that_is_repeated_for_ever_costs_no_time(path):
    memos = b"".join(b"<MEMO>%d" % number for number in range(100_000))
    content = b"<OFX><STMTRS><STMTTRN><DTPOSTED>20261101<TRNAMT>1" + memos + b"</STMTTRN></STMTRS></OFX>"
    assert len(read(path, content)) == 1
