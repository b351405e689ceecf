"""What a cash book adds up to, whatever is in it, and the files that it becomes."""

import re
import zlib
from datetime import date, timedelta

import pytest
from fluxo_entries.adapters.cash_book.book import CashBookFailedError, write_book, write_in_child
from fluxo_entries.domain.cash_book import Head, Line, Totals, lines
from fluxo_entries.domain.direction import Direction
from hypothesis import given
from hypothesis import strategies as st

FIRST = date(2026, 11, 1)
HEAD = Head("Padaria Pão & Cia.", "BRL", FIRST, date(2026, 11, 30), -1_000)
ROWS = st.lists(st.tuples(st.integers(0, 29), st.sampled_from(Direction), st.integers(1, 10**14 - 1))).map(sorted)


def rows_of(drawn):
    return [(FIRST + timedelta(days=day), direction, amount, "Venda", "") for day, direction, amount in drawn]


@given(ROWS)
def test_each_day_begins_with_what_the_one_before_ends_with(drawn):
    rows = rows_of(drawn)
    made = list(lines(HEAD, rows))
    entries = [each for each in made if isinstance(each, Line)]
    days = [each for each in made if isinstance(each, Totals)]
    assert [each.business_date for each in days] == sorted({row[0] for row in rows})
    assert sum(day.entry_count for day in days) == len(entries) == len(rows)
    balance = HEAD.opening_minor
    for day in days:
        assert day.opening_minor == balance
        of_day = [each for each in entries if each.business_date == day.business_date]
        assert day.credits_minor == sum(each.credit_minor for each in of_day)
        assert day.debits_minor == sum(each.debit_minor for each in of_day)
        balance = day.closing_minor
        assert of_day[-1].balance_minor == balance
        assert made.index(of_day[-1]) + 1 == made.index(day)


def file_of(rows, to):
    to.write_text(
        "".join(
            f'{day},{direction.value},{amount},"{text}",{category}\n' for day, direction, amount, text, category in rows
        )
    )
    return to


def texts_of(pdf: bytes) -> list[bytes]:
    """What the pages' streams show, each text as the numbers of its glyphs."""
    streams = [
        zlib.decompress(each) for each in re.findall(rb"/FlateDecode[^>]*>>\s*stream\n(.*?)\nendstream", pdf, re.DOTALL)
    ]
    return [text for each in streams for text in re.findall(rb"\((.*?)(?<!\\)\) Tj", each, re.DOTALL)]


def test_a_pdf_has_a_page_for_every_so_many_entries(tmp_path):
    rows = [
        (FIRST + timedelta(days=n // 20), Direction.CREDIT, 1 + n, "Venda balcão " * (1 + n % 9), "x")
        for n in range(300)
    ]
    write_book("pdf", HEAD, file_of(rows, tmp_path / "rows"), tmp_path / "book.pdf")
    pdf = (tmp_path / "book.pdf").read_bytes()
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert 5 <= pages <= 20
    assert len(texts_of(pdf)) > 300 * 4


def test_what_no_font_has_and_what_fits_nowhere_is_no_failure(tmp_path):
    huge = 99_999_999_999_999
    rows = [(FIRST, Direction.DEBIT, huge, text, "c" * 60) for text in ("🙂" * 200, "x" * 200, "é " * 100, "")]
    for form in ("csv", "xlsx", "pdf"):
        write_book(form, HEAD, file_of(rows, tmp_path / "rows"), tmp_path / f"book.{form}")
        assert (tmp_path / f"book.{form}").stat().st_size > 100


@pytest.mark.anyio
async def test_a_child_writes_the_same_as_this_process(tmp_path):
    rows = file_of([(FIRST, Direction.CREDIT, 15_000, "Pão de queijo", "")], tmp_path / "rows")
    write_book("csv", HEAD, rows, tmp_path / "here.csv")
    await write_in_child("csv", HEAD, rows, tmp_path / "there.csv")
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    with pytest.raises(CashBookFailedError):
        await write_in_child("pdf", HEAD, tmp_path / "nowhere", tmp_path / "there.pdf")
