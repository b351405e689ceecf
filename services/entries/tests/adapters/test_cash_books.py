import csv
from datetime import date

import pytest
from fluxo_entries.adapters.postgres.cash_books import PostgresCashBooks
from fluxo_entries.domain.direction import Direction

pytestmark = pytest.mark.anyio

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def books(api_pool):
    return PostgresCashBooks(api_pool)


async def test_the_rows_of_some_days_come_in_their_order_after_the_balance_before(books, journal, recording, tmp_path):
    october = recording(business_date=date(2026, 10, 31), direction=Direction.DEBIT, amount_minor=250)
    december = recording(business_date=date(2026, 12, 1))
    second = recording(business_date=date(2026, 11, 2), description='"Pão", e café', category=None, amount_minor=5)
    first = recording(business_date=FIRST, direction=Direction.DEBIT, amount_minor=7)
    third = recording(business_date=LAST)
    for each in (december, second, third, first, october, recording(merchant_id="banca", business_date=FIRST)):
        await journal.append(each)

    opening = await books.copy("padaria", FIRST, LAST, 3, tmp_path / "rows")

    assert opening == -250
    with (tmp_path / "rows").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["2026-11-01", "debit", "7", "Venda balcão", "vendas"],
            ["2026-11-02", "credit", "5", '"Pão", e café', ""],
            ["2026-11-30", "credit", "15000", "Venda balcão", "vendas"],
        ]


async def test_too_many_rows_are_not_copied(books, journal, recording, tmp_path):
    for _ in range(3):
        await journal.append(recording(business_date=FIRST))
    assert await books.copy("padaria", FIRST, LAST, 2, tmp_path / "rows") is None
    assert not (tmp_path / "rows").exists()


async def test_a_book_without_entries_begins_at_nothing(books, tmp_path):
    assert await books.copy("padaria", FIRST, LAST, 2, tmp_path / "rows") == 0
    assert (tmp_path / "rows").read_bytes() == b""
