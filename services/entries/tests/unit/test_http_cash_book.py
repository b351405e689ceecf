import csv
import io
import re
import zipfile

import pytest
from fluxo_statements.checks import BalanceChecks
from fluxo_statements.model import Terms
from fluxo_statements.recognise import read_statement

pytestmark = pytest.mark.anyio

NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}


@pytest.fixture
async def november(api, sale):
    """Three entries of two days, after one of October."""
    for changes in (
        {"business_date": "2026-10-31", "amount": "100.00"},
        {
            "business_date": "2026-11-02",
            "amount": "30.10",
            "direction": "debit",
            "description": "=1+1",
            "category": None,
        },
        {"business_date": "2026-11-01", "amount": "0.05"},
        {"business_date": "2026-11-02", "amount": "1000.00"},
    ):
        body = {name: value for name, value in (sale | changes).items() if value is not None}
        assert (await api.post("/v1/entries", body)).status_code == 201


@pytest.fixture
def book(api):
    async def book(accept=None, **query):
        headers = {} if accept is None else {"Accept": accept}
        return await api.get("/v1/cash-book", params=NOVEMBER | query, headers=headers)

    return book


@pytest.mark.usefixtures("november")
async def test_a_book_has_each_entry_with_its_balance_and_each_day_with_its_totals(book):
    answer = await book(format="csv")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == 'attachment; filename="livro-caixa-2026-11-01-2026-11-30.csv"'
    assert answer.headers["content-length"] == str(len(answer.content))
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows == [
        ["kind", "date", "description", "category", "credit", "debit", "balance"],
        ["opening", "2026-11-01", "", "", "", "", "100.00"],
        ["entry", "2026-11-01", "Venda balcão", "vendas", "0.05", "", "100.05"],
        ["day", "2026-11-01", "", "", "0.05", "0.00", "100.05"],
        ["entry", "2026-11-02", "'=1+1", "", "", "30.10", "69.95"],
        ["entry", "2026-11-02", "Venda balcão", "vendas", "1000.00", "", "1069.95"],
        ["day", "2026-11-02", "", "", "1000.00", "30.10", "1069.95"],
        ["closing", "2026-11-30", "", "", "1000.05", "30.10", "1069.95"],
    ]


@pytest.mark.usefixtures("november")
async def test_a_book_for_brazil_opens_in_its_spreadsheets_by_itself(book):
    answer = await book(format="csv", locale="pt-BR")
    assert answer.content.startswith("\ufeffTipo;Data;".encode())
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows == [
        ["Tipo", "Data", "Histórico", "Categoria", "Entrada", "Saída", "Saldo"],
        ["saldo", "01/11/2026", "Saldo anterior", "", "", "", "100,00"],
        ["lançamento", "01/11/2026", "Venda balcão", "vendas", "0,05", "", "100,05"],
        ["total", "01/11/2026", "Total do dia", "", "0,05", "0,00", "100,05"],
        ["lançamento", "02/11/2026", "'=1+1", "", "", "30,10", "69,95"],
        ["lançamento", "02/11/2026", "Venda balcão", "vendas", "1000,00", "", "1069,95"],
        ["total", "02/11/2026", "Total do dia", "", "1000,00", "30,10", "1069,95"],
        ["saldo", "30/11/2026", "Saldo final", "", "1000,05", "30,10", "1069,95"],
    ]


@pytest.mark.usefixtures("november")
async def test_a_book_for_brazil_is_read_as_a_statement_that_agrees_with_itself(book, tmp_path):
    path, checks = tmp_path / "livro.csv", BalanceChecks()
    path.write_bytes((await book(format="csv", locale="pt-BR")).content)
    items = list(read_statement(path, Terms("BRL", 2)))
    for item in items:
        checks.add(item)
    assert [item.amount_minor for item in items] == [10000, 5, -3010, 100000, 106995]
    assert not checks.differences


@pytest.mark.usefixtures("november")
async def test_the_other_forms_are_the_same_for_everybody(book):
    assert (await book(format="xlsx", locale="pt-BR")).content.startswith(b"PK")


async def test_a_book_without_entries_carries_the_balance(book):
    rows = list(csv.reader(io.StringIO((await book()).text, newline="")))
    assert [row[0] for row in rows[1:]] == ["opening", "closing"]
    assert {row[6] for row in rows[1:]} == {"0.00"}


@pytest.mark.usefixtures("november")
@pytest.mark.parametrize(
    ("accept", "begins"),
    [
        (None, b"kind,"),
        ("*/*", b"kind,"),
        ("text/*", b"kind,"),
        ("application/pdf", b"%PDF-"),
        ("text/html, application/pdf;q=0.9, text/csv;q=0.5", b"%PDF-"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("text/csv;q=0, application/pdf;q=0.001", b"%PDF-"),
    ],
)
async def test_its_form_is_what_is_accepted(book, accept, begins):
    assert (await book(accept)).content.startswith(begins)


async def test_format_says_more_than_accept(book):
    assert (await book("text/csv", format="pdf")).content.startswith(b"%PDF-")


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "application/json"])
async def test_no_other_form_is_there(book, accept):
    answer = await book(accept)
    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-12-01"}, "?from"),
        ({"from": "1.11.2026"}, "?from"),
        ({"format": "docx"}, "?format"),
        ({"locale": "en-US"}, "?locale"),
        ({"month": "2026-11"}, "?month"),
    ],
)
async def test_what_is_wrong_is_named(book, query, pointer):
    answer = await book("application/pdf", **query)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.usefixtures("november")
async def test_too_many_entries_are_refused(book, monkeypatch):
    monkeypatch.setattr("fluxo_entries.application.recording.get_cash_book.ENTRIES_MAX", 2)
    answer = await book()
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, ["?to"])


@pytest.mark.usefixtures("november")
async def test_a_sheet_has_texts_and_numbers_and_no_formula(book):
    with zipfile.ZipFile(io.BytesIO((await book(format="xlsx")).content)) as archive:
        entries, days = (archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2))
    assert "<f>" not in entries + days
    assert "<t>=1+1</t>" in entries
    for amount in (100.05, 30.1, 1000, 1069.95):
        for sheet in (entries, days):
            assert amount in {float(each) for each in re.findall("<v>(.*?)</v>", sheet)}
