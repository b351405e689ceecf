"""What is written as CNAB 240 is read back, and of what is damaged no line is lost without a word."""

import io
import re
from datetime import date
from pathlib import Path

import pytest
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.cnab240 import is_cnab240, read_cnab240
from fluxo_statements.model import StatementBalance, StatementLine, Terms
from hypothesis import given, settings
from hypothesis import strategies as st

BRL = Terms("BRL", 2)
SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "samples/cnab240").glob("*.ret"))]
# Printable Latin-1 without the blanks at the ends that a field of fixed width cannot keep.
TEXTS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, include_characters=" ÃÇÉãçé"), min_size=1, max_size=25
).map(lambda text: " ".join(text.split()))
LINES = st.lists(
    st.tuples(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.integers(-(10**17), 10**17), TEXTS), max_size=12
)
PIECES = st.sampled_from([b"", b" ", b"0", b"9", b"E", b"D", b"\n", b"\r", b"\x1a", b"\x00", b"\xff", b"\xc3\xa7"])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("cnab240") / "statement.ret"


def read(path: Path, content: bytes):
    path.write_bytes(content)
    return list(read_cnab240(path, BRL))


def record(start: str, **columns: str) -> str:
    """Return a record: `c143="…"` is what stands from column 143 on."""
    text = start.ljust(240)
    for name, value in columns.items():
        first = int(name.removeprefix("c")) - 1
        text = text[:first] + value + text[first + len(value) :]
    return text


def money(day: date, minor: int) -> str:
    return f"{day:%d%m%Y}{abs(minor):018d}{'D' if minor < 0 else 'C'}"


def statement(lines) -> list[str]:
    day = date(2026, 11, 30)
    rows = [record("23700000"), record("23700011E0440050", c53="01234", c59="000000567890", c143=money(day, 0))]
    rows += [record("2370001300001E", c143=money(on, minor), c177=text) for on, minor, text in lines]
    return [*rows, record("23700015", c143=money(day, sum(line[1] for line in lines))), record("23799999")]


@settings(deadline=None)
@given(lines=LINES, line_end=st.sampled_from(["\n", "\r\n"]), code=st.sampled_from(["utf-8", "latin-1"]))
def test_a_statement_that_is_written_is_read_back(path, lines, line_end, code):
    content = line_end.join(statement(lines)).encode(code)
    assert is_cnab240(content)
    opening, *items, closing = read(path, content)
    assert [(item.booked_on, item.amount_minor, item.description) for item in items] == [
        (day, minor, text if text.strip("0") else "") for day, minor, text in lines if minor
    ]
    assert (opening.amount_minor, closing.amount_minor) == (0, sum(line[1] for line in lines))


@settings(deadline=None)
@given(sample=st.sampled_from(SAMPLES), cuts=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3), PIECES)))
def test_in_a_damaged_statement_each_record_is_read_or_named_or_the_file_is_refused(path, sample, cuts):
    for start, length, piece in cuts:
        sample = sample[:start] + piece + sample[start + length :]
    try:
        items = read(path, sample)
    except UnreadableFileError:
        return
    said = {item.place.number for item in items}
    service = ""
    for number, line in enumerate(io.StringIO(decoded(sample), newline=None), start=1):
        service = line[9:11] if line[7:8] == "1" else service
        if service == "04" and line[7:8] == "3" and re.search("[1-9]", line[150:168]):
            assert number in said


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words_or_hold_no_line(path, content):
    try:
        items = read(path, b"23700000\n" + content + b"\n23799999")
    except UnreadableFileError:
        return
    assert not [item for item in items if isinstance(item, StatementLine | StatementBalance)]
