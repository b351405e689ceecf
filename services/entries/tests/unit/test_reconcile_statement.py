"""A statement beside the books: only what one of them has without the other is named, and nothing is written."""

import io
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from fluxo_entries.application.importing import reconcile_statement as module
from fluxo_entries.application.importing.reconcile_statement import Balances, ReconcileStatement
from fluxo_entries.application.importing.statements import UnreadableStatementError
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.reconciliation import DaySums

from services.entries.tests.fake_imports import FakeBooks, FakeImports, FakeReader
from services.entries.tests.fakes import FakeMerchants, Memory

pytestmark = pytest.mark.anyio

THE_20TH, THE_21ST = date(2026, 11, 20), date(2026, 11, 21)


class Books:
    def __init__(self):
        self.memory = Memory()
        self.count = 0

    def record(self, day, amount_minor, description="Venda", reverses=None):
        self.count += 1
        direction = Direction.CREDIT if amount_minor > 0 else Direction.DEBIT
        entry = Entry(
            UUID(int=self.count), "m", direction, abs(amount_minor), "BRL", day, description, None, reverses,
            datetime(2026, 11, 22, tzinfo=UTC),
        )  # fmt: skip
        self.memory.entries[entry.id] = entry
        return entry

    async def hold_against(self, text):
        reconcile = ReconcileStatement(
            FakeBooks(self.memory), FakeMerchants(self.memory), FakeImports(self.memory), FakeReader()
        )
        return await reconcile("m", io.BytesIO(text.encode()))


@pytest.fixture
def books():
    return Books()


async def test_books_that_have_each_line_agree(books):
    books.record(date(2026, 1, 1), 5_000)
    books.record(THE_20TH, 1_000, "Pão")
    books.record(THE_21ST, -300, "Leite")
    found = await books.hold_against(
        "opening;2026-11-20;50.00\n2026-11-20;10.00;Pao\n2026-11-21;-3.00;Leite\nclosing;2026-11-21;57.00"
    )
    assert found.agrees
    assert (found.first, found.last, found.line_count) == (THE_20TH, THE_21ST, 2)
    assert (found.opening, found.closing) == (Balances(5_000, 5_000), Balances(5_700, 5_700))


async def test_a_day_that_differs_is_named_with_what_explains_it(books):
    books.record(THE_20TH, 1_000, "Pão")
    extra = books.record(THE_21ST, -300, "Leite")
    found = await books.hold_against(
        "opening;2026-11-20;0.00\n2026-11-20;10.00;Pão\n2026-11-20;10.00;Pão\nclosing;2026-11-20;20.00"
    )
    assert not found.agrees
    assert found.closing == Balances(2_000, 1_000)
    (twentieth,) = found.days  # The 21st is after the statement.
    assert (twentieth.day, twentieth.statement, twentieth.books) == (THE_20TH, DaySums(2_000, 0), DaySums(1_000, 0))
    # The second of the twins.
    assert [line.place[1] for line in twentieth.lines] == ["line 3"]
    assert twentieth.entries == []

    found = await books.hold_against("2026-11-20;10.00;Pão\n2026-11-21;-4.00;Água")
    (twenty_first,) = found.days
    assert [line.description for line in twenty_first.lines] == ["Água"]
    assert twenty_first.entries == [extra]
    assert found.opening == Balances(None, 0)


async def test_what_was_recorded_and_undone_explains_nothing(books):
    wrong = books.record(THE_20TH, 900, "Errado")
    books.record(THE_20TH, -900, "Estorno", reverses=wrong.id)
    books.record(THE_20TH, 1_000, "Pão")
    found = await books.hold_against("2026-11-20;10.00;Pão")
    assert found.agrees
    # Undone on another day, both days differ.
    late = books.record(THE_20TH, 500, "Engano")
    undo = books.record(THE_21ST, -500, "Estorno", reverses=late.id)
    found = await books.hold_against("2026-11-20;10.00;Pão\nclosing;2026-11-21;10.00")
    assert [list(day.entries) for day in found.days] == [[late], [undo]]


async def test_of_twins_the_one_that_is_described_alike_has_its_line(books):
    books.record(THE_20TH, 1_000, "Bolo")
    bread = books.record(THE_20TH, 1_000, "Pão")
    found = await books.hold_against("2026-11-20;10.00;Bolo")
    assert found.days[0].entries == [bread]


async def test_several_accounts_count_together(books):
    books.record(THE_20TH, 3_000)
    found = await books.hold_against(
        "opening;2026-11-20;1.00;a\nopening;2026-11-20;2.00;b\n2026-11-20;30.00;Venda;;a\n"
        "closing;2026-11-20;31.00;a\nclosing;2026-11-20;2.00;b"
    )
    assert (found.opening, found.closing, found.days) == (Balances(300, 0), Balances(3_300, 3_000), [])
    assert not found.agrees


async def test_a_line_that_cannot_be_read_keeps_them_from_agreeing(books):
    books.record(THE_20TH, 1_000)
    found = await books.hold_against("2026-11-20;10.00;Venda\n2026-13-01;1.00;Nunca")
    assert (found.days, [each.place[1] for each in found.unreadable]) == ([], ["line 2"])
    assert not found.agrees


async def test_more_than_can_be_named_is_said(books, monkeypatch):
    monkeypatch.setattr(module, "DAYS_MAX", 1)
    found = await books.hold_against("2026-11-20;10.00;Venda\n2026-11-21;1.00;Venda")
    assert ([each.day for each in found.days], found.is_complete) == ([THE_20TH], False)
    monkeypatch.setattr(module, "DAYS_MAX", 10)
    monkeypatch.setattr(module, "ENTRIES_MAX", 1)
    books.record(THE_20TH, 1)
    books.record(THE_21ST, 1)
    found = await books.hold_against("2026-11-20;10.00;Venda\n2026-11-21;1.00;Venda")
    assert ([each.day for each in found.days], found.is_complete) == ([THE_20TH], False)


@pytest.mark.parametrize("text", ["unreadable", "2026-13-01;1.00;Nunca"])
async def test_what_cannot_be_compared_is_refused(books, text):
    with pytest.raises(UnreadableStatementError):
        await books.hold_against(text)


async def test_a_file_that_is_too_long_is_refused(books, monkeypatch):
    monkeypatch.setattr(module, "LINES_MAX", 1)
    with pytest.raises(UnreadableStatementError, match="more than 1 lines"):
        await books.hold_against("2026-11-20;10.00;Venda\n2026-11-21;1.00;Venda")
