"""Importar: a file is looked at line by line, confirmed or removed, and its lines become entries once."""

import re
from pathlib import Path

import fluxo_dashboard
import pytest
from fluxo_entries.domain import line_reason
from fluxo_statements import complaints

from tests.harness.page import text_of

pytestmark = pytest.mark.anyio

FILE = "2026-11-20;10.00;Pão\n2026-11-21;-3.50;Leite\n2026-13-01;1.00;Nunca\n"


@pytest.fixture
def send(browser):
    async def send(content: str = FILE, name: str = "extrato <1>.csv", of=browser):
        files = {"file": (name, content.encode())}
        return await of.client.post("/imports", data={"form_token": of.form_token}, files=files)

    return send


async def test_a_file_is_shown_before_anything_is_recorded(browser, send, service):
    sent = await send()
    assert sent.status_code == 303
    page = await browser.get(sent.headers["location"])
    text = text_of(page.text)
    assert "extrato <1>.csv" in text
    assert "Novos 2 R$ 10,00 R$ 3,50" in text.replace("\xa0", " ")
    assert "Registrar 2 lançamentos novos" in text
    # What nobody can record comes first: it is what a person has to do something about.
    assert "2026-13-01;1.00;Nunca Não pode ser lida." in text
    assert service.entries == []
    new = text_of((await browser.get(f"{sent.headers['location']}?status=new")).text)
    assert "20/11/2026 Pão linha 1" in new


async def test_confirmed_lines_become_entries_in_the_category_that_was_given(browser, send, service):
    address = (await send()).headers["location"]
    confirmed = await browser.post(f"{address}/confirm", {"category": "banco"})
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, address)
    assert "hx-get" in (await browser.get(address)).text
    assert await service.use_cases.record_imports(traceparent="")
    part = await browser.get(address, part=True)
    assert part.headers["hx-refresh"] == "true"
    assert "2 lançamentos foram registrados" in text_of(part.text)
    assert {(entry.description, entry.category) for entry in service.entries} == {("Pão", "banco"), ("Leite", "banco")}


async def test_a_category_that_cannot_be_is_told_and_nothing_begins(browser, send, service):
    address = (await send()).headers["location"]
    refused = await browser.post(f"{address}/confirm", {"category": "x" * 61})
    assert refused.status_code == 422
    assert "No máximo 60 caracteres" in text_of(refused.text)
    assert "Registrar 2 lançamentos novos" in text_of(refused.text)


async def test_a_file_that_is_removed_is_gone(browser, send):
    address = (await send()).headers["location"]
    removed = await browser.post(f"{address}/remove", {})
    assert removed.headers["location"] == "/imports?removed"
    assert (await browser.get(address)).status_code == 404
    assert "Nada foi registrado" in text_of((await browser.get("/imports?removed")).text)


async def test_the_lines_that_cannot_be_recorded_are_a_file(browser, send):
    address = (await send()).headers["location"]
    file = await browser.get(f"{address}/failed-lines")
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    assert "2026-13-01;1.00;Nunca" in file.text


async def test_a_file_whose_lines_are_kept_no_longer_says_so(browser, send, service):
    address = (await send()).headers["location"]
    await browser.post(f"{address}/confirm", {})
    while await service.use_cases.record_imports(traceparent=""):
        pass
    service.clock.advance(days=91)
    page = (await browser.get(address)).text
    assert "As linhas de um arquivo ficam guardadas por 90 dias" in text_of(page)
    assert "failed-lines" not in page


@pytest.mark.parametrize(("content", "said"), [("", "O arquivo está vazio"), (None, "Escolha um arquivo")])
async def test_nothing_in_a_file_is_told(browser, send, content, said):
    if content is None:
        answer = await browser.client.post(
            "/imports", data={"form_token": browser.form_token}, files={"file": ("", b"")}
        )
    else:
        answer = await send(content)
    assert answer.status_code == 422
    assert said in text_of(answer.text)


async def test_a_file_that_cannot_be_read_says_why(browser, send):
    page = await browser.get((await send("unreadable")).headers["location"])
    assert "This is no statement that can be read here." in text_of(page.text)
    assert "Registrar" not in re.sub(r"Registrar o primeiro", "", text_of(page.text))


def test_every_reason_has_a_sentence_in_the_language_of_the_page():
    templates = Path(fluxo_dashboard.__file__).parent / "templates"
    template = (templates / "imports" / "reasons.html").read_text()
    for code in {*line_reason.CODES, *complaints.CODES}:
        assert f'"{code}": _(' in template


async def test_a_reason_without_a_sentence_here_is_shown_as_the_service_says_it(browser, send, service):
    address = (await send()).headers["location"]
    (lines,) = service.memory.import_lines.values()
    lines[3] = lines[3]._replace(reason_code="new_one", reason="It is odd.")
    assert "It is odd." in text_of((await browser.get(address)).text)


SHEET = "day;amount\n2026-11-20;10.00;Pão\n"


async def test_what_the_columns_mean_is_shown_and_corrected_with_the_same_file(browser, send):
    address = (await send(SHEET)).headers["location"]
    page = (await browser.get(address)).text
    assert "Lido pelas palavras do cabeçalho" in text_of(page)
    assert re.search(r'name="column-2">\s*<option value="">.*<option value="amount" selected>', page)
    form = {"form_token": browser.form_token, "column-1": "date", "column-2": "money_out", "fees_apart": "on"}
    again = await browser.client.post("/imports", data=form, files={"file": ("a.csv", SHEET.encode())})
    assert again.status_code == 303
    text = text_of((await browser.get(again.headers["location"])).text)
    assert "Lido como você indicou" in text
    assert "o bruto e a taxa são registrados separados" in text
    assert (await browser.get(address)).status_code == 404


async def test_columns_that_do_not_do_are_told(browser, send):
    form = {"form_token": browser.form_token, "column-1": "date", "column-2": ""}
    answer = await browser.client.post("/imports", data=form, files={"file": ("a.csv", FILE.encode())})
    assert answer.status_code == 422
    assert "As colunas não servem para este arquivo" in text_of(answer.text)


async def test_while_the_service_is_away_nothing_is_lost(browser, send, entries):
    entries.is_away = True
    answer = await send()
    assert answer.status_code == 503
    assert "envie de novo" in text_of(answer.text)


async def test_a_file_from_another_site_or_of_who_may_only_look_is_refused(open_browser, send, browser, entries):
    accountant = open_browser(role="accountant")
    assert (await accountant.get("/imports")).status_code == 403
    assert (await send(of=accountant)).status_code == 403
    forged = await browser.client.post("/imports", data={"form_token": "x"}, files={"file": ("a.csv", FILE.encode())})
    assert forged.status_code == 403
    assert not any("POST /v1/imports" in asked for asked in entries.asked)


async def test_a_body_that_is_no_form_of_files_is_refused(browser):
    answer = await browser.post("/imports", {"file": "x"})
    assert answer.status_code == 415


async def test_the_list_names_each_file_and_how_it_stands(browser, send):
    await send()
    await send("unreadable", "outro.ofx")
    text = text_of((await browser.get("/imports")).text)
    assert "extrato <1>.csv aguarda você 0" in text
    assert "outro.ofx não pode ser lido 0" in text
