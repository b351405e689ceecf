"""A page that is only looked at: it keeps the newest refresh token too, and nobody else's end disturbs it."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import httpx2
import pytest
import time_machine
from fluxo_dashboard.language.languages import ENGLISH
from fluxo_dashboard.live import changes as live_changes
from fluxo_dashboard.live.changes import Changes
from fluxo_dashboard.pages.live import _lines
from fluxo_dashboard.services.client import ServiceClient, SignedOutError
from fluxo_dashboard.services.merchants import Merchant
from fluxo_dashboard.sign_in.session import new_session
from fluxo_dashboard.web.visit import Visit

pytestmark = pytest.mark.anyio


class Quiet:
    """Nothing ever changes."""

    async def follow(self, _session, _heartbeat_s):
        while True:
            yield None


async def test_when_the_session_was_renewed_the_page_asks_once_and_is_told(browser, dashboard):
    await browser.sign_in()
    session = dashboard.desk.cookie.read(browser.http)
    desk = replace(dashboard.desk, changes=Quiet())
    visit = Visit(None, desk, session, ENGLISH, "", Merchant(session.merchant_id))
    async with aclosing(_lines(visit)) as lines:
        assert await anext(lines) == "retry: 1000\n\n"
        assert await anext(lines) == ": heartbeat\n\n"
        with time_machine.travel(time.time() + 310):
            await desk.tokens.token_of(session)
            assert (await anext(lines)).startswith("event: changed")
            assert await anext(lines) == ": heartbeat\n\n"
            assert "__Host-fluxo_session" in (await browser.get("/today/latest")).headers["set-cookie"]


async def test_a_page_that_is_open_elsewhere_is_told_nothing_after_the_sign_out(browser, dashboard):
    await browser.sign_in()
    session = dashboard.desk.cookie.read(browser.http)
    desk = replace(dashboard.desk, changes=Quiet())
    visit = Visit(None, desk, session, ENGLISH, "", Merchant(session.merchant_id))
    async with aclosing(_lines(visit)) as lines:
        assert await anext(lines) == "retry: 1000\n\n"
        assert await anext(lines) == ": heartbeat\n\n"
        await desk.tokens.end(session)
        with pytest.raises(StopAsyncIteration):
            await anext(lines)


async def test_of_several_who_follow_one_that_is_signed_out_ends_nobody_elses_changes(monkeypatch):
    monkeypatch.setattr(live_changes, "RETRY_S", (0.01, 0.01))
    gone, here = (new_session("loja-1", subject, "owner") for subject in ("bia", "ana"))

    class Tokens:
        async def token_of(self, session):
            if session == gone:
                raise SignedOutError
            return session.subject

    asked_by = []

    def answer(request):
        asked_by.append(request.headers["authorization"])
        if len(asked_by) > 1:
            raise httpx2.ConnectError("away")
        return httpx2.Response(200, text='id: 1\nevent: changed\ndata: {"day": 1}\n\n')

    balances = ServiceClient("balances", "http://balances", transport=httpx2.MockTransport(answer))
    changes = Changes(balances, Tokens())
    async with aclosing(changes.follow(gone, 10.0)) as first, aclosing(changes.follow(here, 10.0)) as second:
        assert (await anext(first)).event == "unavailable"
        async with asyncio.timeout(10):
            while not asked_by:
                await anext(second)
    assert asked_by[0] == "Bearer ana"


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Accept": "text/event-stream"}], ids=["part", "stream"])
async def test_what_an_open_page_asks_late_does_not_sign_out_who_signed_in_meanwhile(browser, dashboard, headers):
    await browser.sign_in()
    ended = dashboard.desk.cookie.read(browser.http)
    await dashboard.desk.tokens.end(ended)  # as signing in again does; the next answer may come after that one's
    assert "set-cookie" not in (await browser.get("/today/latest", headers=headers)).headers
    assert (await browser.get("/sign-in")).headers["location"] == "/"
    page = await browser.get("/")
    assert page.headers["location"] == "/sign-in?next=%2F"
    assert 'fluxo_session=""' in page.headers["set-cookie"]
    assert (await browser.get("/sign-in")).status_code == 200
