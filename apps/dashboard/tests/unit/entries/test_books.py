"""Livros: the cash book of some days is downloaded, days are closed by who may, and the owner opens one again."""

import pytest

from tests.harness.page import text_of

pytestmark = pytest.mark.anyio


async def test_the_last_month_is_offered_and_downloaded_in_each_form(browser, record):
    await record(business_date="2026-10-05", description="Pão")
    page = await browser.get("/books")
    assert (page.text.count('value="01/10/2026"'), page.text.count('value="31/10/2026"')) == (1, 1)
    begins = {"pdf": b"%PDF", "xlsx": b"PK", "csv": "\ufeffTipo;Data;".encode()}
    for form, start in begins.items():
        book = await browser.get(f"/books/cash-book?first=01/10/2026&last=31/10/2026&format={form}")
        assert book.status_code == 200
        assert book.headers["content-disposition"].endswith(f'"livro-caixa-2026-10-01-2026-10-31.{form}"')
        assert book.content.startswith(start)
    assert "Pão" in book.text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("31/02/2026", "01/10/2026", "Esse dia não existe"),
        ("02/10/2026", "01/10/2026", "O último dia é anterior ao primeiro"),
        ("01/10/2026", "23/11/2026", "ainda não chegou"),
    ],
)
async def test_days_that_cannot_be_are_told_beside_their_field(browser, first, last, said):
    page = await browser.get(f"/books/cash-book?first={first}&last={last}&format=pdf")
    assert said in text_of(page.text)
    assert f'value="{first}"' in page.text


async def test_a_day_is_closed_and_opened_again_for_a_reason(browser, record):
    await record(business_date="2026-11-20")
    assert "Nenhum dia está fechado" in text_of((await browser.get("/books")).text)
    closed = await browser.post("/books/closes", {"day": "21/11/2026"})
    assert (closed.status_code, closed.headers["location"]) == (303, "/books?closed#closes")
    text = text_of((await browser.get("/books?closed")).text)
    assert "Fechado até 21/11/2026" in text
    assert "21/11/2026 fechado ana , 22/11/2026 12:00:00 R$ 1.234,50" in text

    without = await browser.post("/books/closes/2026-11-21/reopen", {"reason": " "})
    assert without.status_code == 422
    assert "Escreva o motivo" in text_of(without.text)
    opened = await browser.post("/books/closes/2026-11-21/reopen", {"reason": "Nota esquecida"})
    assert opened.headers["location"] == "/books?reopened#closes"
    text = text_of((await browser.get("/books?reopened")).text)
    assert "Nenhum dia está fechado" in text
    assert "reaberto: Nota esquecida" in text

    again = await browser.post("/books/closes/2026-11-21/reopen", {"reason": "Nota esquecida"})
    assert again.status_code == 404
    assert "não é mais o mais recente" in text_of(again.text)


async def test_a_day_before_what_is_closed_is_told_so(browser):
    await browser.post("/books/closes", {"day": "2026-11-21"})
    refused = await browser.post("/books/closes", {"day": "2026-11-20"})
    assert refused.status_code == 409
    assert "Esse dia já está fechado" in text_of(refused.text)


@pytest.mark.parametrize(("date", "said"), [("23/11/2026", "ainda não chegou"), ("ontem", "Escreva a data")])
async def test_a_day_that_cannot_be_closed_is_told_beside_its_field(browser, date, said):
    refused = await browser.post("/books/closes", {"day": date})
    assert refused.status_code == 422
    assert said in text_of(refused.text)
    assert 'aria-describedby="error-day"' in refused.text


@pytest.mark.parametrize(
    ("role", "closes", "reopens"), [("owner", True, True), ("accountant", True, False), ("operator", False, False)]
)
async def test_everybody_sees_what_is_closed_and_only_some_change_it(open_browser, browser, role, closes, reopens):
    await browser.post("/books/closes", {"day": "2026-11-20"})
    person = open_browser(role=role)
    page = await person.get("/books")
    assert "Fechado até 20/11/2026" in text_of(page.text)
    assert ('action="/books/closes"' in page.text, "/reopen" in page.text) == (closes, reopens)
    assert (await person.post("/books/closes", {"day": "2026-11-21"})).status_code == (303 if closes else 403)
    reopening = await person.post("/books/closes/2026-11-21/reopen", {"reason": "x"})
    assert reopening.status_code == (303 if reopens else 403)


async def test_while_the_service_is_away_nothing_is_said_to_be_closed(browser, entries):
    await browser.get("/books")
    entries.is_away = True
    page = await browser.get("/books")
    assert page.status_code == 200
    assert "não pode ser mostrado agora" in text_of(page.text)
    closing = await browser.post("/books/closes", {"day": "21/11/2026"})
    assert closing.status_code == 503
    assert "Não se sabe se o dia foi fechado" in text_of(closing.text)
    book = await browser.get("/books/cash-book?first=01/10/2026&last=31/10/2026&format=pdf")
    assert book.status_code == 503
    assert "não pode ser escrito agora" in text_of(book.text)
