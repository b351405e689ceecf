import asyncio
import re

import httpx2
import pytest

from tests.harness.page import text_of

pytestmark = pytest.mark.anyio

TYPED = {"key": "0" * 32, "business_date": "22/11/2026", "reason": "Valor errado"}


@pytest.fixture
async def original(record):
    return await record(business_date="2026-11-20")


@pytest.fixture
def address(original):
    return f"/entries/{original['id']}/reverse"


async def test_both_entries_are_shown_before_it_is_confirmed(browser, address):
    page = await browser.get(address)
    text = text_of(page.text)
    assert "O lançamento Valor Entrada + R$ 1.234,50 Tipo Entrada Data sexta-feira, 20 de novembro de 2026" in text
    assert "O estorno, como vai ficar Valor Saída \N{MINUS SIGN} R$ 1.234,50 Tipo Saída" in text
    assert 'name="business_date" value="20/11/2026"' in page.text
    assert re.search(r'name="key" value="[0-9a-f]{32}"', page.text)


async def test_it_is_recorded_as_confirmed_and_shown(browser, address, original):
    answer = await browser.post(address, TYPED)
    assert answer.status_code == 303
    page = await browser.get(answer.headers["location"])
    assert "Pronto: este lançamento desfaz o outro." in text_of(page.text)
    assert "domingo, 22 de novembro de 2026 Descrição Valor errado" in text_of(page.text)
    assert f'data-recorded="reverse-{original["id"]}"' in page.text


@pytest.fixture
async def closed(entries, merchant_id):
    """The day of the original is."""
    client = httpx2.AsyncClient(transport=entries, base_url="http://entries")
    headers = {"Authorization": f"Bearer {merchant_id}/days:close"}
    answer = await client.post("/v1/day-closes", json={"date": "2026-11-20"}, headers=headers)
    assert answer.status_code == 201


async def test_of_a_closed_day_the_first_open_one_is_named(browser, address, closed):
    said = (
        "Os dias antes de 21/11/2026 estão fechados. "
        "Escolha esse dia ou um dia posterior, ou peça ao dono que os reabra."
    )
    refused = await browser.post(address, TYPED | {"business_date": "20/11/2026"})
    assert (refused.status_code, said in text_of(refused.text)) == (409, True)
    assert (await browser.post(address, TYPED)).status_code == 303
    entry = {"key": "2" * 32, "amount": "1,00", "direction": "credit", "description": "Pão", "category": ""}
    refused = await browser.post("/entries", entry | {"business_date": "20/11/2026"})
    assert (refused.status_code, said in text_of(refused.text)) == (422, True)


async def test_a_script_is_told_where_the_reversal_is(browser, address):
    answer = await browser.post(address, TYPED, part=True)
    assert answer.status_code == 200
    assert (await browser.get(answer.headers["hx-redirect"])).status_code == 200


async def test_however_often_the_form_is_sent_there_is_one_reversal(browser, address):
    answers = await asyncio.gather(*(browser.post(address, TYPED) for _ in range(5)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert text_of((await browser.get("/entries")).text).count("Valor errado") == 1


@pytest.mark.parametrize("again", [{"key": "1" * 32}, {"reason": "Outro motivo"}], ids=["another form", "changed"])
async def test_what_was_reversed_already_is_said_with_a_link(browser, address, again):
    reversal = (await browser.post(address, TYPED)).headers["location"].partition("?")[0]
    for page in (await browser.post(address, TYPED | again), await browser.get(address)):
        assert "Este lançamento já tinha sido estornado. Nada foi registrado agora. Abrir o estorno" in text_of(
            page.text
        )
        assert f'href="{reversal}"' in page.text
        assert "<form class" not in page.text
    assert text_of((await browser.get("/entries")).text).count("estornado") == 1


async def test_a_reversal_is_not_reversed(browser, address):
    reversal = (await browser.post(address, TYPED)).headers["location"].partition("?")[0]
    assert "/reverse" not in (await browser.get(reversal)).text
    for page in (await browser.get(f"{reversal}/reverse"), await browser.post(f"{reversal}/reverse", TYPED)):
        assert "Este lançamento já é um estorno, e um estorno não se estorna." in text_of(page.text)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("reason", "  ", "Escreva o motivo, como “Valor errado”."),
        ("reason", "\u200b", "Escreva o motivo, como “Valor errado”."),
        ("reason", "x" * 201, "No máximo 200 caracteres."),
        ("business_date", "19/11/2026", "Um estorno vale para um dia de 20/11/2026 a 22/11/2026."),
        ("business_date", "23/11/2026", "Um estorno vale para um dia de 20/11/2026 a 22/11/2026."),
        ("business_date", "31/02/2026", "Esse dia não existe: 31/02/2026."),
        ("business_date", "1/2/26", "Escreva a data com quatro dígitos no ano, como 22/11/2026."),
    ],
    ids=["blank", "nothing to see", "too long", "before", "not yet", "no such day", "short year"],
)
async def test_what_cannot_be_recorded_is_said_beside_its_field_and_stays(browser, address, field, typed, sentence):
    page = await browser.post(address, TYPED | {field: typed})
    assert page.status_code == 422
    assert f'id="error-{field}">{sentence}<' in page.text
    for name, value in (TYPED | {field: typed}).items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', page.text)
    assert "Estornar…" in text_of((await browser.get(address.removesuffix("/reverse"))).text)


async def test_while_the_service_is_away_nothing_typed_is_lost(browser, address, entries):
    entries.is_away = True
    page = await browser.post(address, TYPED)
    assert page.status_code == 503
    for name, value in TYPED.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', page.text)
    part = await browser.post(address, TYPED, part=True)
    assert part.headers["hx-retarget"] == "#reverse-error"
    for answer in (page, part):
        assert "Não foi salvo: o serviço não responde." in text_of(answer.text)


async def test_who_may_look_only_finds_no_form_and_is_refused(open_browser, address, original):
    accountant = open_browser(role="accountant")
    assert "Estornar" not in text_of((await accountant.get(f"/entries/{original['id']}")).text)
    today = await accountant.get("/")
    assert "Você pode consultar este livro caixa" in text_of(today.text)
    assert 'action="/entries"' not in today.text
    for refused in (
        await accountant.post(address, TYPED),
        await accountant.post("/entries", {}),
        await accountant.get(address),
    ):
        assert refused.status_code == 403
        assert "Seu perfil de acesso não permite isto" in text_of(refused.text)


async def test_a_form_that_is_none_of_ours_reverses_nothing(browser, address):
    assert (await browser.post(address, TYPED | {"form_token": "made up"})).status_code == 403
    assert "estornado" not in text_of((await browser.get("/entries")).text)


async def test_a_key_that_is_none_of_ours_is_replaced(browser, address):
    assert (await browser.post(address, TYPED | {"key": 'é"\r\nX: y'})).status_code == 303


async def test_a_form_of_an_earlier_session_stays_on_its_page_with_what_was_typed(browser, address):
    part = await browser.post(address, TYPED | {"form_token": "of yesterday"}, part=True)
    assert part.status_code == 200
    assert part.headers["hx-reswap"] == "none"
    assert part.headers["hx-trigger"] == "fluxo:outdated"
    assert "estornado" not in text_of((await browser.get("/entries")).text)


async def test_the_state_of_an_entry_is_that_it_is_recorded_while_nobody_can_tell_more(browser, original, entries):
    state = f"/entries/{original['id']}/state"
    assert text_of((await browser.get(state, part=True)).text) == "registrado"
    entries.is_away = True
    assert text_of((await browser.get(state, part=True)).text) == "registrado"
