import re
from html import unescape

import pytest

from tests.harness.page import text_of

pytestmark = pytest.mark.anyio


def link(page, name: str) -> str:
    return unescape(re.search(rf'id="{name}"[^>]*href="([^"]*)"', page.text).group(1))


async def test_entries_stand_newest_first_with_a_sign_and_a_word_for_their_direction(browser, record):
    older = await record(business_date="2026-11-20", category="vendas")
    await record(business_date="2026-11-21", direction="debit", description="Farinha", amount="10.00")
    page = await browser.get("/entries")
    text = text_of(page.text)
    assert (
        "21/11/2026 Farinha Saída \N{MINUS SIGN} R$ 10,00 20/11/2026 Venda balcão vendas Entrada + R$ 1.234,50" in text
    )
    assert f'href="/entries/{older["id"]}"' in page.text


async def test_what_was_typed_is_shown_as_typed(browser, record):
    await record(description="<img src=x>", category="\"'><b>&amp;{{ 7 }}")
    page = await browser.get("/entries")
    assert "<img" not in page.text
    shown = [unescape(each) for each in re.findall(r"<bdi>([^<]*)</bdi>", page.text)]
    assert shown == ["<img src=x>", "\"'><b>&amp;{{ 7 }}"]
    narrowed = await browser.get(unescape(re.search(r'href="(/entries\?category=[^"]*)"', page.text).group(1)))
    assert "&lt;img src=x&gt;" in narrowed.text


@pytest.mark.parametrize(
    ("language", "typed", "address"),
    [
        (
            "pt-BR",
            "from=1/11/2026&to=&direction=debit&category=&q=+pão++",
            "from=2026-11-01&direction=debit&q=p%C3%A3o",
        ),
        ("en", "from=2026-11-01&to=+2026-12-31&q=", "from=2026-11-01&to=2026-12-31"),
        ("en", "from=&to=&direction=&category=&q=", ""),
        ("pt-BR", "sent_by=somebody", ""),
    ],
)
async def test_an_address_is_the_same_in_all_languages_and_holds_what_is_wanted(open_browser, language, typed, address):
    moved = await open_browser(language=language).get(f"/entries?{typed}")
    assert moved.headers["location"] == ("/entries?" + address).rstrip("?")
    assert (await open_browser().get(moved.headers["location"])).status_code == 200


async def test_each_filter_leaves_out_the_others(browser, record):
    await record(business_date="2026-11-20", description="Venda um", category="vendas")
    await record(business_date="2026-11-21", description="Compra dois", category="insumos", direction="debit")
    for query in ("from=2026-11-21", "q=dois", "category=insumos", "direction=debit"):
        text = text_of((await browser.get(f"/entries?{query}")).text)
        assert "Compra dois" in text
        assert "Venda um" not in text


@pytest.mark.parametrize(
    ("query", "field", "typed", "sentence"),
    [
        ("from=31/02/2026", "from", "31/02/2026", "Esse dia não existe: 31/02/2026."),
        ("to=1/2/26", "to", "1/2/26", "Escreva a data com quatro dígitos no ano, como 22/11/2026."),
        ("from=2026-11-22&to=2026-11-21", "to", "21/11/2026", "O último dia vem antes do primeiro."),
        ("from=1899-12-31", "from", "1899-12-31", "As datas começam no ano 1900."),
        ("direction=up", "direction", "", "Escolha se entrou ou saiu."),
        ("q=a%00b", "q", "a\0b", "Há uma quebra de linha ou um caractere que não aparece."),
        ("category=" + "c" * 61, "category", "c" * 61, "No máximo 60 caracteres."),
    ],
    ids=["no such day", "short year", "turned round", "too early", "no direction", "unseen", "too long"],
)
async def test_a_filter_that_cannot_be_read_is_said_beside_its_field(
    browser, record, entries, query, field, typed, sentence
):
    await record()
    page = await browser.get(f"/entries?{query}")
    said = re.search(rf'id="error-{field}">([^<]*)<', page.text)
    assert unescape(said.group(1)) == sentence
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true" aria-describedby="error-{field}" autofocus', page.text)
    assert typed in re.search(rf'name="{field}"[^>]*', page.text).group()
    assert "Venda balcão" not in text_of(page.text)
    assert "GET /v1/entries" not in entries.asked


async def test_older_entries_follow_with_the_same_filter_and_lead_back(browser, record):
    for number in range(60):
        await record(description=f"Venda {number:02}", business_date=f"2026-{10 + number // 30}-{number % 20 + 1:02}")
    await record(description="Compra")
    first = await browser.get("/entries?q=venda")
    second = await browser.get(link(first, "older"))
    shown = [re.findall(r"<bdi>(Venda \d\d)</bdi>", page.text) for page in (first, second)]
    assert [len(each) for each in shown] == [50, 10]
    assert len({*shown[0], *shown[1]}) == 60
    assert link(second, "newest") == "/entries?q=venda"
    assert 'id="older"' not in second.text


async def test_only_the_newest_entries_load_again_by_themselves(browser, record):
    await record()
    assert (
        'hx-get="/entries?q=venda" hx-trigger="fluxo:changed from:body"' in (await browser.get("/entries?q=venda")).text
    )
    assert "fluxo:changed" not in (await browser.get("/entries?cursor=any")).text
    part = await browser.get("/entries?q=venda", part=True)
    assert "Venda balcão" in text_of(part.text)
    assert "<html" not in part.text
    assert "autofocus" not in part.text


@pytest.mark.parametrize("cursor", ["abc", "x" * 200], ids=["made up", "too long"])
async def test_a_list_that_does_not_go_on_leads_to_the_newest(browser, record, cursor):
    await record()
    page = await browser.get(f"/entries?q=venda&cursor={cursor}")
    assert page.status_code == 200
    assert "A lista não continua a partir daqui. Começar pelos lançamentos mais novos" in text_of(page.text)
    assert 'href="/entries?q=venda"' in page.text


async def test_an_empty_list_says_why_and_what_to_do(browser, open_browser, record, merchant_id):
    assert "Nada foi registrado ainda. Registrar o primeiro lançamento" in text_of((await browser.get("/entries")).text)
    assert "Registrar o primeiro" not in text_of((await open_browser(role="accountant").get("/entries")).text)
    await record()
    assert "Nenhum lançamento é assim." in text_of((await browser.get("/entries?q=nada")).text)
    assert "Venda" not in text_of((await open_browser(of=f"other-{merchant_id}").get("/entries")).text)


async def test_while_the_service_is_away_the_filter_stays_and_the_list_comes_back_by_itself(browser, record, entries):
    await record()
    entries.is_away = True
    page = await browser.get("/entries?direction=credit&from=2026-11-01")
    assert page.status_code == 200
    assert "Os lançamentos não respondem no momento." in text_of(page.text)
    assert 'value="01/11/2026"' in page.text
    assert 'hx-trigger="every 5s" hx-target="#entries"' in page.text
    entries.is_away = False
    assert "Venda balcão" in text_of((await browser.get("/entries?direction=credit&from=2026-11-01", part=True)).text)
