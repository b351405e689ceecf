"""What is another merchant's is answered like what does not exist, wherever a route or a page takes an id or lists."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from fluxo_balances.domain.inbox import lowest_id

from deploy.permissions import PAGES, SERVICES, Needs
from tests.security.in_memory import DAY, FOREIGN, FOREIGN_ENTRY, FOREIGN_MARKS, NO_ENTRY, OWN, OWN_ENTRY, ask
from tests.security.requests import ENTRY, KEYED, asked
from tests.security.test_page_permissions import Visitor

OF_NOBODY = {"date", "name", "link"}
"""Parameters of paths that name nothing of a merchant's."""

ROUTES = [(service, route) for service, routes in SERVICES.items() for route in routes if route.scope is not None]
BY_ID = [(service, route) for service, route in ROUTES if re.search("{(entry|key|import)_id}", route.path)]
PAGES_BY_ID = [each for each in PAGES if "{id}" in each.path]

pytestmark = pytest.mark.anyio


def named(each) -> str:
    service, route = each if isinstance(each, tuple) else ("page", each)
    return f"{service} {route.method} {route.path}"


def test_each_parameter_of_a_path_is_an_id_or_known_to_be_of_nobody():
    paths = [route.path for routes in SERVICES.values() for route in routes] + [each.path for each in PAGES]
    assert {name for path in paths for name in re.findall("{(.*?)}", path)} - OF_NOBODY == {
        *("entry_id", "key_id", "import_id", "id")
    }


@pytest.mark.parametrize("each", BY_ID, ids=map(named, BY_ID))
async def test_a_route_answers_a_foreign_id_like_one_that_there_is_not(system, each):
    service, route = each
    before, request, answers = system.state(), asked(route.method, route.path), []
    for entry_id in (FOREIGN_ENTRY, NO_ENTRY):
        path = request.path.replace(str(OWN_ENTRY), str(entry_id))
        token = system.issuer.token("owner")
        answer = await ask(
            system.apps[service], route.method, path, token=token, headers=request.headers, json=request.json
        )
        assert answer.status == 404
        answers.append(re.sub('"trace_id":"[0-9a-f]+"', "", answer.text.replace(str(entry_id), "")))
    assert answers[0] == answers[1]
    assert system.state() == before


@pytest.mark.parametrize("each", PAGES_BY_ID, ids=map(named, PAGES_BY_ID))
async def test_a_page_answers_a_foreign_id_like_one_that_there_is_not(system, page, each, monkeypatch):
    visitor, before, answers = Visitor(page, "owner"), system.state(), []
    for entry_id in (FOREIGN_ENTRY, NO_ENTRY):
        monkeypatch.setattr("tests.security.requests.OWN_ENTRY", entry_id)
        answer = await visitor.visit(each.method, each.path)
        assert answer.status == 404
        answers.append(answer.text.replace(str(entry_id), ""))
    assert answers[0] == answers[1]
    assert system.state() == before


@pytest.mark.parametrize("each", ROUTES, ids=map(named, ROUTES))
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (f"merchant_id={FOREIGN}", {}),
        (f"merchant={FOREIGN}", {}),
        ("", {"x-merchant-id": FOREIGN, "x-forwarded-user": FOREIGN, "merchant_id": FOREIGN}),
    ],
    ids=["query", "another query", "headers"],
)
async def test_a_merchant_is_named_by_the_token_and_nothing_else(system, each, query, headers):
    service, route = each
    request, before = asked(route.method, route.path), system.state(FOREIGN)
    path = f"{request.path}{'&' if '?' in request.path else '?'}{query}" if query else request.path
    answer = await ask(
        system.apps[service],
        route.method,
        path,
        token=system.issuer.token("owner"),
        headers={**request.headers, **headers},
        json=request.json,
    )
    assert answer.status < 500
    assert not any(mark in answer.text for mark in FOREIGN_MARKS)
    assert system.state(FOREIGN) == before


@pytest.mark.parametrize("member", ["merchant_id", "merchant", "tenant"])
async def test_a_body_names_no_merchant(system, member):
    token, before = system.issuer.token("owner"), system.state()
    for method, path, body in (("POST", "/v1/entries", ENTRY), ("PATCH", "/v1/merchant", {"name": "Outra"})):
        answer = await ask(
            system.apps["entries"], method, path, token=token, headers=KEYED, json={**body, member: FOREIGN}
        )
        assert answer.status == 422
    assert system.state() == before


async def test_the_key_of_another_merchants_entry_is_free(system):
    entries, token = system.apps["entries"], system.issuer.token("owner")
    headers = {"idempotency-key": f"key-of-{FOREIGN}"}
    answer = await ask(entries, "POST", "/v1/entries", token=token, headers=headers, json=ENTRY)
    assert (answer.status, answer.headers.get("idempotent-replayed")) == (201, None)
    assert not any(mark in answer.text for mark in FOREIGN_MARKS)


async def test_a_foreign_cursor_is_none(system):
    entries = system.apps["entries"]
    for key in ("one", "two"):
        token = system.issuer.token("owner", merchant=FOREIGN)
        await ask(entries, "POST", "/v1/entries", token=token, headers={"idempotency-key": key}, json=ENTRY)
    foreign = await ask(entries, "GET", "/v1/entries?limit=1", token=token)
    cursor = foreign.json["next"]
    answer = await ask(entries, "GET", f"/v1/entries?limit=1&cursor={cursor}", token=system.issuer.token("owner"))
    assert (answer.status, answer.json["type"]) == (422, "/problems/invalid-cursor")


@pytest.mark.parametrize("path", [f"/v1/daily-balances/{DAY}?", f"/v1/daily-balances?from={DAY}&to={DAY}&"])
async def test_waiting_for_a_foreign_entry_tells_nothing(system, path, virtual_time):
    token, answers = system.issuer.token("owner"), []
    foreign, unknown = (UUID(int=lowest_id(datetime.now(UTC)).int | 7 << 76 | 2 << 62 | each) for each in (1, 2))
    system.consolidation.applied.add((FOREIGN, foreign))
    for entry_id in (foreign, unknown):
        answer = await ask(system.apps["balances"], "GET", f"{path}after_entry={entry_id}", token=token)
        answers.append((answer.status, answer.json["type"], answer.json["detail"]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 503


async def test_pages_show_one_merchant_after_the_other_only_their_own(system, page):
    for merchant, foreign in ((OWN, FOREIGN_MARKS), (FOREIGN, ("Pao de mel", "1.717,17", OWN))):
        visitor = Visitor(page, "owner", merchant)
        for each in PAGES:
            if each.method == "GET" and each.needs is not Needs.NOBODY and "{" not in each.path:
                answer = await visitor.visit("GET", each.path)
                assert answer.status in {200, 303}, each.path
                assert not any(mark in answer.text for mark in foreign), each.path


async def test_what_is_shown_to_its_owner_has_the_marks_that_others_must_not_see(system, page):
    token = system.issuer.token("owner", merchant=FOREIGN)
    seen = ""
    for service, route in ROUTES:
        if route.method == "GET":
            request = asked(route.method, route.path)
            path = request.path.replace(str(OWN_ENTRY), str(FOREIGN_ENTRY))
            seen += (await ask(system.apps[service], "GET", path, token=token)).text
    for each in ("/", f"/consolidated?by=day&on={DAY}", "/entries"):
        seen += (await Visitor(page, "owner", FOREIGN).visit("GET", each)).text
    assert [mark for mark in FOREIGN_MARKS if mark not in seen] == []
