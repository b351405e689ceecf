"""Every route of both services in every role, with and without its scope: only what the table grants is answered."""

import re

import pytest
from fastapi.routing import iter_route_contexts

from deploy.permissions import ROLES, SCOPES, SERVICES, may
from tests.security.in_memory import FOREIGN_MARKS, OWN_MARKS, ask
from tests.security.requests import asked

SOME_ROLES = (*ROLES, "intern", "Owner", "owner ")
UNRELATED = frozenset({"entries", "write", "entries:*", "balances:write"})
EACH = [(service, route) for service, routes in SERVICES.items() for route in routes]
NAMES = [f"{service} {route.method} {route.path}" for service, route in EACH]
ANOTHER_METHOD = "PROPFIND"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", ANOTHER_METHOD)

pytestmark = pytest.mark.anyio


def routes_of(app) -> set[tuple[str, str]]:
    return {(method, each.path) for each in iter_route_contexts(app.routes) for method in each.methods}


@pytest.mark.parametrize("service", SERVICES)
async def test_each_route_has_a_rule_and_each_rule_a_route(system, service):
    found = {each for each in routes_of(system.apps[service]) if each[0] != "HEAD"}
    assert found == {(route.method, route.path) for route in SERVICES[service]}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_route_is_documented_with_the_scope_that_it_needs(system, service):
    paths = system.apps[service].openapi()["paths"]
    told = {
        (method.upper(), path): operation["security"][0]["bearer"]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert told == {(each.method, each.path): [each.scope] for each in SERVICES[service] if each.scope is not None}


@pytest.mark.parametrize(("service", "route"), EACH, ids=NAMES)
async def test_a_route_is_answered_to_whom_the_table_grants_it(system, service, route):
    app, request, wrong = system.apps[service], asked(route.method, route.path), []
    methods = [route.method]
    if ("HEAD", route.path) in routes_of(app) and route.method == "GET":
        methods.append("HEAD")
    scope_sets = [SCOPES, {route.scope} | request.also, SCOPES - {route.scope}, frozenset(), UNRELATED]
    if route.scope is None:
        scope_sets = [SCOPES]
    for method in methods:
        for role in SOME_ROLES:
            for scopes in scope_sets:
                before, token = system.state(), system.issuer.token(role, scopes)
                answer = await ask(app, method, request.path, token=token, headers=request.headers, json=request.json)
                is_allowed = route.scope is None or may(role, scopes, route.scope)
                if not is_as_expected(answer, route, is_allowed=is_allowed, method=method):
                    wrong.append((method, role, sorted(scopes), answer.status, answer.text[:200]))
                if not is_allowed and system.state() != before:
                    wrong.append((method, role, sorted(scopes), "changed something"))
                system.restore(before)
    assert wrong == []


@pytest.mark.parametrize(("service", "route"), EACH, ids=NAMES)
@pytest.mark.parametrize("token", [None, "", "none", "a.b.c"], ids=["none", "empty", "word", "forged"])
async def test_a_route_without_a_good_token_is_open_only_where_the_table_says_so(system, service, route, token):
    before, request = system.state(), asked(route.method, route.path)
    answer = await ask(
        system.apps[service], route.method, request.path, token=token, headers=request.headers, json=request.json
    )
    if route.scope is None:
        assert answer.status in OPEN
    else:
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert not any(mark in answer.text for mark in (*OWN_MARKS, *FOREIGN_MARKS))
    assert system.state() == before


OPEN = {200, 404}
"""What is open holds nobody's data; a file of that name need not be there."""


def is_as_expected(answer, route, *, is_allowed, method) -> bool:
    if any(mark in answer.text for mark in FOREIGN_MARKS):
        return False
    if route.scope is None:
        return answer.status in OPEN
    if is_allowed:
        return 200 <= answer.status < 300
    hides_all = not any(mark in answer.text for mark in OWN_MARKS)
    return answer.status == 403 and hides_all and (method == "HEAD" or answer.json["type"] == "/problems/forbidden")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_method_that_a_path_does_not_have_changes_nothing(system, service):
    app, wrong = system.apps[service], []
    known = routes_of(app)
    token = system.issuer.token("owner")
    for path in sorted({path for _, path in known}):
        example = asked("GET", path)
        for method in METHODS:
            if (method, path) in known:
                continue
            before = system.state()
            answer = await ask(app, method, example.path, token=token, json={"name": "Outra"})
            if answer.status not in {204, 404, 405} or system.state() != before:
                wrong.append((method, path, answer.status, answer.text[:200]))
    assert wrong == []


async def test_a_path_that_is_none_tells_nothing_without_a_token(system):
    for app in system.apps.values():
        for path in ("/v1", "/v1/entries/", "/v2/entries", "/v1/merchants", "/admin", "/.env", "//v1/entries"):
            answer = await ask(app, "GET", path, token=system.issuer.token("owner"))
            assert (answer.status, re.search("Traceback|File ", answer.text)) == (404, None), path
