"""Signing in at a provider that nobody here wrote: Dex (https://dexidp.io), where it is on the PATH.

It gives no claims of one's own, so the person's `sub` stands for the merchant here. A session is renewed once in a
test: at the second time Dex waits for itself, with what it keeps in memory or in SQLite (at commit ab64ed77).
"""

import re
import shutil
import time
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
import pytest
import time_machine
from fluxo_dashboard.sign_in.provider import Provider

from tests.harness.ports import free_port
from tests.harness.processes import start
from tests.harness.sign_in import CALLBACK, SESSION_COOKIE, Browser, Dashboard
from tests.harness.waiting import until_somebody_listens

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        shutil.which("dex") is None, reason="no real provider is signed in with: dex is not on the PATH"
    ),
]

PASSWORD = "a password"
LIFE_S = 60
CONFIGURATION = """
issuer: {issuer}
storage: {{type: memory}}
web: {{http: "{address}"}}
oauth2: {{skipApprovalScreen: true}}
expiry: {{idTokens: {life_s}s, refreshTokens: {{reuseInterval: 0s}}}}
staticClients:
- {{id: fluxo-dashboard, secret: dex-secret, name: Fluxo, redirectURIs: ["{callback}"]}}
connectors:
- {{type: mockPassword, id: mock, name: Mock, config: {{username: ana, password: {password}}}}}
"""


@pytest.fixture
async def issuer(tmp_path):
    port = free_port()
    address = f"127.0.0.1:{port}"
    issuer = f"http://{address}/dex"
    configuration = CONFIGURATION.format(
        issuer=issuer, address=address, callback=CALLBACK, password=PASSWORD, life_s=LIFE_S
    )
    (tmp_path / "dex.yaml").write_text(configuration)
    with (tmp_path / "dex.log").open("w") as log:
        dex = start(["dex", "serve", str(tmp_path / "dex.yaml")], stdout=log, stderr=log)
    try:
        await until_somebody_listens(port, lambda: dex.poll() is not None)
        yield issuer
    finally:
        dex.terminate()
        dex.wait(timeout=10)


@pytest.fixture
async def process(issuer):
    """Make a process of the dashboard that signs people in at Dex."""
    opened = []

    def made():
        scopes = "openid profile offline_access"
        provider = Provider(issuer, "fluxo-dashboard", "dex-secret", scopes=scopes, redirect_uri=CALLBACK)
        opened.append(provider)
        return Dashboard(provider, merchant_claim="sub")

    yield made
    for provider in opened:
        await provider.__aexit__(None, None, None)


async def answered_by_the_person(address, password):
    """Go to the provider as a person does, and return what it sends the browser back with; None if it does not."""
    async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as http:
        page = await http.get(address)
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)[1].replace("&amp;", "&")
        typed = {"login": "ana", "password": password}
        answer = await http.post(urljoin(str(page.url), action), data=typed, follow_redirects=False)
        while answer.is_redirect and not answer.headers["location"].startswith(CALLBACK):
            answer = await http.get(urljoin(str(answer.url), answer.headers["location"]), follow_redirects=False)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query)) if answer.is_redirect else None


async def test_a_person_signs_in_goes_on_with_renewed_tokens_and_signs_out(process):
    dashboard = process()
    browser = Browser(dashboard)
    assert await answered_by_the_person(await browser.start(), "wrong") is None
    answer = await answered_by_the_person(await browser.start("/?from=dex"), PASSWORD)
    assert (await browser.come_back(answer)).headers["location"] == "/?from=dex"
    assert (await browser.get("/")).status_code == 200
    (first,) = set(dashboard.tokens_seen)
    assert (await Browser(dashboard).come_back(answer)).status_code == 403

    before = browser.session
    with time_machine.travel(time.time() + LIFE_S + 5):
        assert (await browser.get("/")).status_code == 200
        assert browser.session != before
        assert dashboard.tokens_seen[-1] != first
        copy = Browser(process())
        copy.http.cookies.set(SESSION_COOKIE, before, domain="fluxo.example")
        assert (await copy.get("/")).headers["location"].startswith("/sign-in"), "Dex takes a refresh token once"

    kept = browser.session
    assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"
    browser.http.cookies.set(SESSION_COOKIE, kept, domain="fluxo.example")
    assert (await browser.get("/")).headers["location"].startswith("/sign-in")


async def test_a_restart_ends_no_session(process):
    browser = Browser(process())
    await browser.come_back(await answered_by_the_person(await browser.start(), PASSWORD))
    browser.open(process())
    assert (await browser.get("/")).status_code == 200


async def test_a_code_is_worth_nothing_without_what_the_browser_keeps(process):
    dashboard = process()
    browser, thief = Browser(dashboard), Browser(dashboard)
    answer = await answered_by_the_person(await browser.start(), PASSWORD)
    await thief.start()
    own = dashboard.desk.tokens.start.read(thief.http)
    refused = await thief.come_back({"code": answer["code"], "state": own.state})
    assert refused.status_code == 403, "PKCE: Dex asks for the verifier of the browser that began"
