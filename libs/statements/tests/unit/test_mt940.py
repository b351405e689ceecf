"""What is written as MT940 is read back; what is damaged is never lost without a word."""

import re
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from fluxo_statements.checks import BalanceChecks
from fluxo_statements.errors import UnreadableFileError
from fluxo_statements.formats.mt940 import is_mt940, read_mt940
from fluxo_statements.model import StatementLine, Terms
from fluxo_statements.text import encoding
from hypothesis import given
from hypothesis import strategies as st

BRL = Terms("BRL", 2)
SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "mt940").glob("*.sta"))
# No sign that begins a field or an envelope, and none that divides a structured :86:.
TEXTS = st.text("abcXYZ 019/.,'+()ãéÇ", max_size=150).map(lambda text: " ".join(text.split()))


class Written(NamedTuple):
    value_date: date
    days_to_entry: int | None
    minor: int
    reversal: bool
    funds: str
    bank_id: str
    text: str

    def booked_on(self) -> date:
        return self.value_date + timedelta(days=self.days_to_entry or 0)

    def fields(self) -> list[str]:
        entered = "" if self.days_to_entry is None else f"{self.booked_on():%m%d}"
        mark = ("RD" if self.minor > 0 else "RC") if self.reversal else ("C" if self.minor > 0 else "D")
        amount = f"{abs(self.minor) // 100},{abs(self.minor) % 100:02}"
        lines = [f":61:{self.value_date:%y%m%d}{entered}{mark}{self.funds}{amount}NTRFNONREF//{self.bank_id}"]
        if self.text:
            lines += [f":86:{self.text[:65]}", *(self.text[at : at + 65] for at in range(65, len(self.text), 65))]
        return lines


LINES = st.builds(
    Written,
    st.dates(date(2001, 1, 1), date(2098, 12, 31)),
    st.none() | st.integers(-180, 180),
    st.integers(-(10**14), 10**14).filter(bool),
    st.booleans(),
    st.sampled_from(["", "L", "D", "C"]),
    st.text("ABC019", min_size=1, max_size=16),
    TEXTS,
)
STATEMENTS = st.lists(st.tuples(st.sampled_from(["0001/1-9", "0002/2-7"]), st.lists(LINES, max_size=6)), max_size=4)


def written(statements, *, envelope: bool) -> str:
    def balance(tag, minor):
        return f":{tag}:{'D' if minor < 0 else 'C'}261105BRL{abs(minor) // 100},{abs(minor) % 100:02}"

    parts = []
    for account, lines in statements:
        parts += ["{1:F01BKINBRSPAXXX0000000000}{2:O940}{4:"] if envelope else []
        parts += [":20:EXTRATO", f":25:{account}", ":28C:1/1", balance("60F", 5)]
        parts += [field for line in lines for field in line.fields()]
        parts += [balance("62F", 5 + sum(line.minor for line in lines)), "-}{5:{CHK:1}}" if envelope else "-"]
    return "\n".join(parts)


@given(
    statements=STATEMENTS,
    envelope=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    code=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
)
def test_lines_that_are_written_are_read_back(tmp_path_factory, statements, envelope, line_end, code):
    path = tmp_path_factory.getbasetemp() / "written.sta"
    content = written(statements, envelope=envelope).replace("\n", line_end).encode(code)
    path.write_bytes(content)
    assert is_mt940(content) == bool(statements)
    items, checks = list(read_mt940(path, BRL)), BalanceChecks()
    for item in items:
        checks.add(item)
    assert [
        (item.account, item.booked_on, item.amount_minor, item.bank_id, item.description)
        for item in items
        if isinstance(item, StatementLine)
    ] == [
        (account, line.booked_on(), line.minor, line.bank_id, line.text)
        for account, lines in statements
        for line in lines
    ]
    assert checks.differences == []
    assert len(items) == sum(2 + len(lines) for _, lines in statements)


@pytest.mark.parametrize("piece", [b"abc ", b"abc\n"])
def test_a_field_without_an_end_is_refused_before_it_fills_the_memory(tmp_path, piece):
    path = tmp_path / "long.sta"
    path.write_bytes(b":20:X\n:25:1\n:60F:C261104BRL10,\n:61:2611051105C1,00NTRFNONREF\n:86:" + piece * 20_000)
    with pytest.raises(UnreadableFileError, match="too long"):
        list(read_mt940(path, BRL))


@given(st.binary(max_size=400).map(lambda data: b":20:X\n:25:1\n" + data))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.sta"
    path.write_bytes(content)
    with suppress(UnreadableFileError):
        list(read_mt940(path, BRL))


@given(
    sample=st.sampled_from(SAMPLES),
    at=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 12),
    instead=st.binary(max_size=6) | st.sampled_from([b"\n", b":61:", b":86:", b"-}", b"\n:20:", b"0", b",", b"\xff"]),
)
def test_a_damaged_file_loses_no_line_in_silence(tmp_path_factory, sample, at, length, instead):
    data = sample.read_bytes()
    begin = int(at * len(data))
    path = tmp_path_factory.getbasetemp() / "damaged.sta"
    path.write_bytes(data[:begin] + instead + data[begin + length :])
    try:
        told = {item.place.number for item in read_mt940(path, BRL)}
    except UnreadableFileError:
        return
    with path.open("rb") as file:
        code = encoding(file)
    lines = path.read_text(code, "replace").split("\n")
    moving = re.compile(r"[\ufeff\x01\x03\x1a]*:61:(?!.*[CD][A-Z]?0+,0*[A-Z])")  # but an amount of 0
    assert {number for number, line in enumerate(lines, 1) if moving.match(line)} <= told
