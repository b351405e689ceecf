"""Signing out ends a session everywhere: in this browser, in copies of its cookie, and at the provider."""

import asyncio
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

pytestmark = pytest.mark.anyio


async def test_signing_out_forgets_and_has_the_provider_forget(browser, another_browser, provider):
    await browser.sign_in()
    copied, (token,) = browser.session, provider.alive
    page = await browser.post("/sign-out")
    assert page.status_code == 200
    assert "__Host-fluxo_session" not in browser.http.cookies
    assert provider.revoked == [token]
    copy = another_browser()
    copy.http.cookies.set("__Host-fluxo_session", copied, domain="fluxo.example")
    assert (await copy.get("/")).headers["location"].startswith("/sign-in")
    assert (await copy.get("/live")).headers["location"].startswith("/sign-in")
    assert (await copy.get("/live", headers={"Accept": "text/event-stream"})).status_code == 204


async def test_the_browser_goes_on_to_sign_out_at_the_provider(browser):
    await browser.sign_in()
    page = await browser.post("/sign-out")
    leads_to = page.text.partition('content="0; url=')[2].partition('"')[0].replace("&amp;", "&")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(leads_to).query).items()}
    assert leads_to.startswith("https://id.example/end?")
    assert asked.pop("id_token_hint").count(".") == 2
    assert asked == {"client_id": "fluxo-dashboard", "post_logout_redirect_uri": "https://fluxo.example/sign-in"}
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_a_provider_without_addresses_for_it_is_left_alone(browser, provider):
    provider.metadata = {"revocation_endpoint": None, "end_session_endpoint": None}
    await browser.sign_in()
    answer = await browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert provider.revoked == []


async def test_signing_out_works_while_the_provider_is_away(browser, another_browser, provider):
    await browser.sign_in()
    copied, provider.is_down = browser.session, True
    assert (await browser.post("/sign-out")).status_code == 200
    assert "__Host-fluxo_session" not in browser.http.cookies
    copy = another_browser()
    copy.http.cookies.set("__Host-fluxo_session", copied, domain="fluxo.example")
    assert (await copy.get("/")).headers["location"].startswith("/sign-in")


async def test_after_a_restart_a_copy_is_held_off_by_the_provider(browser, another_browser, another_process, provider):
    await browser.sign_in()
    copy = another_browser()
    copy.http.cookies.set("__Host-fluxo_session", browser.session, domain="fluxo.example")
    await browser.post("/sign-out")
    copy.open(another_process())
    assert (await copy.get("/")).headers["location"].startswith("/sign-in")


async def test_what_was_being_renewed_is_given_back(browser, provider):
    await browser.sign_in()
    provider.may_renew.clear()
    with time_machine.travel(time.time() + 310):
        tab = asyncio.create_task(browser.get("/"))
        await provider.is_asked.wait()
        await browser.post("/sign-out")
        provider.alive.update(provider.revoked)  # it revokes after it has renewed
        provider.may_renew.set()
        assert (await tab).headers["location"].startswith("/sign-in")
    assert len(provider.revoked) == 2
    assert provider.alive == set()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
async def test_no_other_site_signs_anybody_out(browser, headers):
    await browser.sign_in()
    assert (await browser.post("/sign-out", headers=headers)).status_code == 403
    assert (await browser.get("/")).status_code == 200
