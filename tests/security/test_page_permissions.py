"""Every address of the page: without a session, in each role, and from a page of somebody else's."""

from contextlib import AsyncExitStack

import pytest
from fluxo_dashboard.sign_in.session import new_session
from starlette.responses import Response

from deploy.permissions import PAGES, ROLES, SCOPE_OF, SCOPES, Needs, may
from tests.harness.page import COOKIE, ORIGIN
from tests.security.in_memory import FOREIGN_MARKS, OWN, OWN_MARKS, ask
from tests.security.requests import asked, form_of
from tests.security.test_permissions import METHODS, routes_of

NAMES = [f"{each.method} {each.path}" for each in PAGES]
SOME_ROLES = (*ROLES, "intern", "Owner")
SIGNED_IN = {200, 204, 303}

pytestmark = pytest.mark.anyio


class Visitor:
    """One person at the page; without a role nobody is signed in."""

    def __init__(self, app, role, merchant=OWN) -> None:
        self._app, self._cookie, self.form_token = app, {}, "made-up"
        if role is not None:
            session, given = new_session(merchant, "ana", role), Response()
            COOKIE.write(given, session)
            self._cookie = {"cookie": given.headers["set-cookie"].partition(";")[0]}
            self.form_token = COOKIE.form_token(session)

    async def visit(self, method, path, *, form_token=None, headers=None):
        form = None
        if method == "POST":
            form = form_of(path, self.form_token if form_token is None else form_token)
        own = {"sec-fetch-site": "same-origin", "origin": ORIGIN, **self._cookie}
        return await ask(self._app, method, asked("GET", path).path, headers={**own, **(headers or {})}, form=form)


@pytest.fixture(scope="module")
async def page_of_each_role(one_system, anyio_backend):
    """What a page remembers of a merchant's settings, another role has not asked for."""
    async with AsyncExitStack() as stack:
        yield {role: await stack.enter_async_context(one_system.page()) for role in SOME_ROLES}


async def test_each_address_has_a_rule_and_each_rule_an_address(page):
    found = {(method, route.path) for route in page.routes for method in route.methods or ()}
    assert {each for each in found if each[0] != "HEAD"} == {(each.method, each.path) for each in PAGES}


@pytest.mark.parametrize("each", PAGES, ids=NAMES)
@pytest.mark.parametrize("is_part", [False, True], ids=["page", "part"])
async def test_nobody_sees_a_page_without_a_session_but_those_that_are_open(system, page, each, is_part):
    before = system.state()
    headers = {"hx-request": "true"} if is_part else {}
    answer = await Visitor(page, None).visit(each.method, each.path, headers=headers)
    if each.needs is Needs.NOBODY:
        assert answer.status in {200, 303, 404}
    elif is_part:
        assert (answer.status, answer.body, answer.headers["hx-trigger"]) == (200, b"", "fluxo:signed-out")
    else:
        assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert not any(mark in answer.text for mark in (*OWN_MARKS, *FOREIGN_MARKS))
    assert system.state() == before


@pytest.mark.parametrize("each", PAGES, ids=NAMES)
async def test_a_page_is_shown_to_the_roles_that_the_table_grants_it(system, page_of_each_role, each):
    wrong = []
    for role, page in page_of_each_role.items():
        before = system.state()
        answer = await Visitor(page, role).visit(each.method, each.path)
        shown = answer.status in SIGNED_IN and answer.headers.get("location", "").partition("?")[0] != "/sign-in"
        has_changed = system.state() != before
        system.restore(before)
        if each.needs is Needs.NOBODY:
            is_right = answer.status in {200, 303, 404} and not has_changed
        else:
            is_allowed = may(role, SCOPES, SCOPE_OF[each.needs])
            is_right = shown if is_allowed else answer.status == 403
            is_right &= has_changed == (is_allowed and each.method == "POST")
            is_right &= is_allowed or not any(mark in answer.text for mark in OWN_MARKS)
        if not is_right or any(mark in answer.text for mark in FOREIGN_MARKS):
            wrong.append((role, answer.status, has_changed, answer.headers.get("location"), answer.text[-300:]))
    assert wrong == []


@pytest.mark.parametrize("each", [each for each in PAGES if each.method == "POST"], ids=lambda each: each.path)
@pytest.mark.parametrize(
    ("form_token", "headers"),
    [
        ("", {}),
        ("made-up", {}),
        (None, {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}),
        (None, {"sec-fetch-site": "same-site", "origin": "http://other.fluxo"}),
    ],
    ids=["no token", "made-up token", "another site", "a neighbour"],
)
async def test_a_form_that_is_not_ours_changes_nothing(system, page, each, form_token, headers):
    before = system.state()
    answer = await Visitor(page, "owner").visit("POST", each.path, form_token=form_token, headers=headers)
    is_harmless = each.needs is Needs.NOBODY and not headers  # ends a session or sets a language, and has no token
    assert answer.status == (303 if is_harmless else 403)
    assert system.state() == before


async def test_a_method_that_an_address_does_not_have_changes_nothing(system, page):
    known, wrong = routes_of(page), []
    visitor = Visitor(page, "owner")
    for path in sorted({path for _, path in known}):
        for method in METHODS:
            if (method, path) in known or method == "POST":
                continue
            before, answer = system.state(), await visitor.visit(method, path)
            if answer.status not in {204, 404, 405} or system.state() != before:
                wrong.append((method, path, answer.status))
    assert wrong == []
