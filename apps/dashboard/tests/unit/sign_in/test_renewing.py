"""Access tokens are renewed before they end; what a browser keeps follows, and nobody is signed out by bad luck."""

import asyncio
import time

import pytest
import time_machine
from fluxo_dashboard.services.client import ServiceUnavailableError

pytestmark = pytest.mark.anyio

SOON_OVER_S, OVER_S = 250, 310
"""Of a token of 300 s: in its last minute, and after its end."""


async def renewed(provider, dashboard):
    """Wait until what runs in the background is done."""
    await provider.is_asked.wait()
    await asyncio.gather(*dashboard.desk.tokens._renewal._running.values(), return_exceptions=True)


async def test_a_token_that_soon_ends_is_renewed_in_the_background(browser, dashboard, provider):
    await browser.sign_in()
    await browser.get("/")
    (first,) = set(dashboard.tokens_seen)
    before, began = browser.session, time.time()
    provider.may_renew.clear()
    with time_machine.travel(began + SOON_OVER_S):
        dashboard.tokens_seen.clear()
        assert (await browser.get("/")).status_code == 200, "nobody waits for the provider"
        assert set(dashboard.tokens_seen) == {first}
        assert browser.session == before
        provider.may_renew.set()
        await renewed(provider, dashboard)
        dashboard.tokens_seen.clear()
        await browser.get("/")
    assert first not in dashboard.tokens_seen
    assert len(set(dashboard.tokens_seen)) == 1
    assert browser.session != before, "with the refresh token that works from now on"
    assert provider.renewals == 1


async def test_two_tabs_at_once_renew_once(browser, dashboard, provider):
    await browser.sign_in()
    provider.may_renew.clear()
    with time_machine.travel(time.time() + OVER_S):
        tabs = [asyncio.create_task(browser.get("/")) for _ in range(5)]
        await provider.is_asked.wait()
        provider.may_renew.set()
        pages = await asyncio.gather(*tabs)
    assert {page.status_code for page in pages} == {200}
    assert provider.renewals == 1
    assert len(set(dashboard.tokens_seen)) == 1


async def test_a_tab_with_the_cookie_from_before_goes_on_with_the_newest_token(browser, another_browser, provider):
    await browser.sign_in()
    late = another_browser()
    late.http.cookies.set("__Host-fluxo_session", browser.session, domain="fluxo.example")
    with time_machine.travel(time.time() + OVER_S):
        await browser.get("/")
        page = await late.get("/")
        assert page.status_code == 200
        assert "__Host-fluxo_session" in page.headers["set-cookie"]
    with time_machine.travel(time.time() + 2 * OVER_S):
        assert (await late.get("/")).status_code == 200
        assert (await browser.get("/")).status_code == 200
    assert provider.renewals == 2


async def test_after_a_restart_a_session_goes_on_with_what_the_browser_keeps(browser, another_process, provider):
    await browser.sign_in()
    with time_machine.travel(time.time() + OVER_S):
        await browser.get("/")
        browser.open(another_process())
        assert (await browser.get("/")).status_code == 200
        assert (await browser.get("/")).status_code == 200
    assert provider.renewals == 2


async def test_a_refresh_token_that_nobody_told_the_browser_of_is_lost_with_the_process(
    browser, dashboard, another_process, provider
):
    await browser.sign_in()
    provider.may_renew.clear()
    with time_machine.travel(time.time() + SOON_OVER_S):
        await browser.get("/")
        provider.may_renew.set()
        await renewed(provider, dashboard)
        browser.open(another_process())
        signed_out = await browser.get("/")
    assert signed_out.headers["location"] == "/sign-in?next=%2F"
    assert "__Host-fluxo_session" not in browser.http.cookies


async def test_what_another_instance_renewed_is_taken_over(browser, dashboard, another_process, provider):
    await browser.sign_in()
    other = another_process()
    for instance, later_s in ((other, OVER_S), (dashboard, 2 * OVER_S), (other, 3 * OVER_S)):
        browser.open(instance)
        with time_machine.travel(time.time() + later_s):
            assert (await browser.get("/")).status_code == 200
    assert provider.renewals == 3


async def test_while_the_provider_is_away_a_good_token_is_used_and_then_the_session_waits(browser, provider):
    await browser.sign_in()
    provider.is_down = True
    began = time.time()
    with time_machine.travel(began + SOON_OVER_S):
        assert (await browser.get("/")).status_code == 200
    with time_machine.travel(began + OVER_S):
        assert (await browser.get("/")).status_code == 503
        assert "__Host-fluxo_session" in browser.http.cookies
        provider.is_down = False
        assert (await browser.get("/")).status_code == 200


async def test_a_new_refresh_token_is_kept_whatever_comes_after_it(browser, dashboard, provider, monkeypatch):
    await browser.sign_in()

    async def keys_are_away(_session, _tokens):
        raise ServiceUnavailableError

    with time_machine.travel(time.time() + OVER_S):
        with monkeypatch.context() as away:
            away.setattr(dashboard.desk.tokens._renewal, "_as_of", keys_are_away)
            assert (await browser.get("/")).status_code == 503
        assert (await browser.get("/")).status_code == 200
    assert provider.renewals == 2


@pytest.mark.parametrize("error", [None, "invalid_request", "interaction_required"])
async def test_who_may_not_renew_any_more_is_signed_out(browser, provider, error):
    await browser.sign_in()
    provider.alive.clear()
    provider.error = error
    with time_machine.travel(time.time() + OVER_S):
        signed_out = await browser.get("/")
    assert (signed_out.status_code, signed_out.headers["location"]) == (303, "/sign-in?next=%2F")
    assert "__Host-fluxo_session" not in browser.http.cookies


async def test_a_client_that_the_provider_refuses_signs_nobody_out(browser, provider):
    await browser.sign_in()
    provider.error = "invalid_client"
    with time_machine.travel(time.time() + OVER_S):
        assert (await browser.get("/")).status_code == 503
    assert "__Host-fluxo_session" in browser.http.cookies


async def test_a_browser_that_goes_away_takes_no_refresh_token_with_it(browser, dashboard, provider):
    await browser.sign_in()
    provider.may_renew.clear()
    with time_machine.travel(time.time() + OVER_S):
        tab = asyncio.create_task(browser.get("/"))
        await provider.is_asked.wait()
        tab.cancel()
        await asyncio.gather(tab, return_exceptions=True)
        provider.may_renew.set()
        await renewed(provider, dashboard)
        assert (await browser.get("/")).status_code == 200
    assert provider.renewals == 1


async def test_without_refresh_tokens_the_session_ends_with_its_token(browser, another_process, provider):
    provider.gives_refresh_token = False
    await browser.sign_in()
    began = time.time()
    browser.open(another_process())
    assert (await browser.get("/")).status_code == 200
    with time_machine.travel(began + OVER_S):
        assert (await browser.get("/")).headers["location"].startswith("/sign-in")


async def test_after_twelve_hours_a_person_signs_in_again_whatever_the_provider_says(browser, provider):
    await browser.sign_in()
    began = time.time()
    with time_machine.travel(began + 11 * 3600):
        assert (await browser.get("/")).status_code == 200
    with time_machine.travel(began + 12 * 3600 + 1):
        assert (await browser.get("/")).headers["location"].startswith("/sign-in")
    assert provider.renewals == 1


@pytest.mark.parametrize("gives_id_token", [True, False])
@pytest.mark.parametrize("changed", [{"merchant_id": "loja-2"}])
async def test_tokens_for_another_merchant_end_the_session(browser, provider, gives_id_token, changed):
    await browser.sign_in()
    provider.claims |= changed
    provider.gives_id_token = gives_id_token
    with time_machine.travel(time.time() + OVER_S):
        assert (await browser.get("/")).headers["location"].startswith("/sign-in")


async def test_a_role_that_changed_is_taken_over(browser, dashboard, provider):
    await browser.sign_in()
    provider.claims["role"] = "accountant"
    with time_machine.travel(time.time() + OVER_S):
        await browser.get("/")
        kept = dashboard.desk.cookie.read(FromBrowser(browser))
    assert (kept.role, kept.may_write, kept.renewals) == ("accountant", False, 1)


async def test_a_renewal_may_come_without_an_id_token(browser, provider):
    await browser.sign_in()
    provider.gives_id_token = False
    with time_machine.travel(time.time() + OVER_S):
        assert (await browser.get("/")).status_code == 200


class FromBrowser:
    def __init__(self, browser):
        self.cookies = browser.http.cookies
