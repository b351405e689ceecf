import re
from uuid import uuid4

import pytest

from tests.harness.page import text_of

pytestmark = pytest.mark.anyio


async def test_all_that_is_known_of_an_entry_is_shown_on_the_merchants_clock(browser, record):
    entry = await record(category="vendas", business_date="2026-11-20")
    text = text_of((await browser.get(f"/entries/{entry['id']}")).text)
    assert "Valor Entrada + R$ 1.234,50" in text
    assert "sexta-feira, 20 de novembro de 2026" in text
    assert "Categoria vendas Situação registrado" in text
    assert f"Registrado em 22/11/2026 12:00:00 (America/Sao_Paulo) Número {entry['id']}" in text


async def test_a_reversal_and_its_original_show_each_other(browser, record):
    original = await record(description="Errada")
    await browser.post(
        f"/entries/{original['id']}/reverse", {"key": "", "business_date": "22/11/2026", "reason": "Engano"}
    )
    page = await browser.get(f"/entries/{original['id']}")
    assert "Foi estornado por este lançamento Valor Saída \N{MINUS SIGN} R$ 1.234,50" in text_of(page.text)
    assert "Estornar…" not in text_of(page.text)
    reversal_id = re.findall(r'href="/entries/([0-9a-f-]{36})"', page.text)[-1]
    text = text_of((await browser.get(f"/entries/{reversal_id}")).text)
    assert "Estorna este lançamento Valor Entrada + R$ 1.234,50" in text
    assert "domingo, 22 de novembro de 2026 Descrição Errada" in text


@pytest.mark.parametrize(("language", "sentence"), [("pt-BR", "Não há nada aqui"), ("en", "There is nothing here")])
async def test_what_is_nobodys_or_somebody_elses_is_not_there(open_browser, record, merchant_id, language, sentence):
    others = await record(f"other-{merchant_id}")
    browser = open_browser(language=language)
    for wanted in (others["id"], str(uuid4()), "abc", "%2e%2e", "{}", "1" * 300):
        for path in ("", "/reverse", "/state"):
            page = await browser.get(f"/entries/{wanted}{path}")
            assert page.status_code == 404, wanted + path
            assert sentence in text_of(page.text)


async def test_an_entry_that_cannot_be_had_now_comes_by_itself(browser, record, entries):
    entry = await record()
    entries.is_away = True
    for path in (f"/entries/{entry['id']}", f"/entries/{entry['id']}/reverse"):
        page = await browser.get(path)
        assert page.status_code == 503
        assert "Os lançamentos não respondem no momento" in text_of(page.text)
        assert f'hx-get="{path}" hx-trigger="every 5s"' in page.text
        assert (await browser.get(path, part=True)).status_code == 200
    assert (await browser.get(f"/entries/{entry['id']}/reversal", part=True)).status_code == 204
