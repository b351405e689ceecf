"""Chaves de API: made on the page and shown there once, listed, and revoked after a question."""

import html
import re

import pytest
from fluxo_chassis.auth.api_keys import id_of
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.harness.page import Service, page_over, text_of

pytestmark = pytest.mark.anyio

TYPED = {"name": "Caixa <3>", "scopes": ["entries:write", "balances:read"], "last_day": ""}


@pytest.fixture
def create(browser):
    async def create(**changes):
        return await browser.post("/keys", TYPED | changes)

    return create


def shown_key(page) -> str:
    return re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text)[1]


def revoke_address(page) -> str:
    return re.search(r'href="(/keys/[^"]*/revoke)"', page.text)[1]


async def test_a_new_key_is_shown_once(browser, create):
    page = await create()
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    key = shown_key(page)
    assert id_of(key) is not None
    assert "A chave “Caixa <3>”" in text_of(page.text)
    again = await browser.get("/keys")
    assert key not in again.text
    text = text_of(again.text)
    assert "Caixa <3> ver o consolidado registrar e estornar lançamentos, mudar configurações" in text
    assert "Criada 22/11/2026 12:00:00 Último uso não se sabe no momento Expira nunca Revogar" in text


async def test_a_script_gets_the_same_as_a_part_that_is_always_good(browser):
    for fields in (TYPED, TYPED, TYPED | {"scopes": []}):
        part = await browser.post("/keys", fields, part=True)
        assert part.status_code == 200
        assert part.text.lstrip().startswith('<div id="keys">')


async def test_the_last_day_is_the_merchants(create):
    page = await create(last_day="31/12/2026")
    assert "Expira 01/01/2027 00:00:00" in text_of(page.text)


async def test_a_key_is_revoked_after_a_question(browser, create):
    address = revoke_address(await create())
    question = await browser.get(address)
    assert "O programa que usa “Caixa <3>” passa a ser recusado" in text_of(question.text)
    answer = await browser.post(address, {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/keys?revoked")
    text = text_of((await browser.get("/keys?revoked")).text)
    assert "Revogada." in text
    assert "Ainda não há chaves." in text
    assert (await browser.get(address)).status_code == 404
    assert (await browser.post(address, {})).status_code == 303  # once more is no harm


async def test_another_merchants_key_is_not_there(browser, create, open_browser):
    address = revoke_address(await create())
    stranger = open_browser("farmacia")
    for answer in (await stranger.get(address), await stranger.post(address, {})):
        assert answer.status_code == 404
    assert "Caixa" in (await browser.get("/keys")).text


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": " "}, "name", "Escreva para que serve, como “Caixa 3”."),
        ({"name": "x" * 101}, "name", "No máximo 100 caracteres."),
        ({"scopes": []}, "scopes", "Escolha o que a chave pode fazer."),
        ({"scopes": ["api-keys:manage"]}, "scopes", "Escolha o que a chave pode fazer."),
        ({"last_day": "21/11/2026"}, "last_day", "Esse dia já passou: hoje é 22/11/2026."),
        ({"last_day": "31/02/2027"}, "last_day", "Esse dia não existe: 31/02/2027."),
        ({"last_day": "31/12/9999"}, "last_day", "Deixe o dia em branco para uma chave que não expira."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(create, changes, field, sentence):
    page = await create(**changes)
    assert page.status_code == 422
    assert f'id="error-{field}">{html.escape(sentence)}<' in page.text
    assert f'value="{html.escape((TYPED | changes)["name"])}"' in page.text
    assert "<textarea" not in page.text


async def test_a_name_that_is_taken_is_said_beside_it(create):
    await create()
    page = await create()
    assert page.status_code == 422
    assert 'id="error-name">Outra chave tem este nome.' in page.text
    assert page.text.count("checked") == 2


async def test_whether_a_key_was_made_is_not_known_while_the_service_is_away(create, browser, entries):
    await browser.get("/keys")
    entries.is_away = True
    page = await create()
    assert page.status_code == 503
    text = text_of(page.text)
    assert "Não se sabe se a chave foi criada." in text
    assert "No momento não é possível mostrar as chaves." in text
    assert sum(asked == "POST /v1/api-keys" for asked in entries.asked) == 1


async def test_a_key_that_only_reads_balances_does_not_look_unused(entries, create, browser, merchant_id):
    key_id = str(id_of(shown_key(await create())))
    used = {"items": [{"id": key_id, "last_used_at": "2026-11-22T14:59:00.000000Z"}]}

    async def uses(_request):
        return JSONResponse(used)

    async with page_over(entries=entries, balances=Service(Starlette(routes=[Route("/v1/api-key-uses", uses)]))) as app:
        another = type(browser)(app, merchant_id, "owner", "pt-BR")
        assert "Último uso 22/11/2026 11:59:00" in text_of((await another.get("/keys")).text)
        used["items"][0]["last_used_at"] = None
        assert "Último uso nunca" in text_of((await another.get("/keys")).text)


@pytest.mark.parametrize("role", ["operator", "accountant", ""])
async def test_nobody_but_an_owner_is_led_there(open_browser, role):
    someone = open_browser(role=role)
    assert 'href="/keys"' not in (await someone.get("/")).text
    assert (await someone.get("/keys")).status_code == 403


async def test_an_owner_whose_token_may_not_manage_keys_is_told(entries, browser, merchant_id):
    class WithoutTheScope:
        async def token_of(self, session):
            return f"{session.merchant_id}/entries:read"

        def renewed(self, session): ...

    async with page_over(entries=entries, balances=Service(), tokens=WithoutTheScope()) as app:
        page = await type(browser)(app, merchant_id, "owner", "en").get("/keys")
    assert page.status_code == 200
    assert "gives owners the scope api-keys:manage" in text_of(page.text)
