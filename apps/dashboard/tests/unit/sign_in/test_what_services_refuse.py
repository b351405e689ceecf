"""A token that the provider gave and the services do not like is told apart from a session that ended."""

import pytest
from structlog.testing import capture_logs

pytestmark = pytest.mark.anyio


async def test_a_token_that_the_services_refuse_is_a_new_sign_in_and_a_line_in_the_log(browser, dashboard):
    await browser.sign_in()
    dashboard.services_say = 401
    with capture_logs() as lines:
        signed_out = await browser.get("/")
    assert signed_out.headers["location"] == "/sign-in?next=%2F"
    assert "__Host-fluxo_session" not in browser.http.cookies
    assert "a service refuses an access token" in [line["event"] for line in lines]


async def test_what_an_account_may_not_do_is_said_to_be_that(browser, dashboard):
    await browser.sign_in()
    dashboard.services_say = 403
    page = await browser.get("/")
    assert page.status_code == 403
    assert "Your role does not allow this" in page.text


async def test_nothing_secret_is_in_what_is_shown_of_a_session(browser, dashboard, provider):
    await browser.sign_in()
    await browser.get("/")
    session = dashboard.desk.cookie.read(browser.http)
    held = dashboard.desk.tokens._renewal._held[session.id]
    secrets = {*dashboard.tokens_seen, *provider.alive}
    assert [secret for secret in secrets if secret in f"{session!r} {held!r}"] == []
