"""From *Sign in* to a session: the provider's answer is taken once, by the browser that asked, and if all is right."""

import time

import pytest
import time_machine
from fluxo_dashboard.sign_in import discovery
from joserfc.jwk import OctKey, RSAKey

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:JWS algorithm .none. is deprecated")]

SECRET = "a secret that only the two know"
STRANGER = RSAKey.generate_key(2048, {"kid": "first"})


async def test_who_signs_in_comes_back_to_the_page_that_was_wanted(browser, dashboard):
    asked = await browser.get("/?direction=debit")
    assert asked.headers["location"] == "/sign-in?next=%2F%3Fdirection%3Ddebit"
    answer = await browser.sign_in("/?direction=debit")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?direction=debit")
    page = await browser.get("/")
    assert page.status_code == 200
    assert "Loja" in page.text
    assert set(dashboard.tokens_seen) != set()


async def test_the_browser_is_never_told_a_token(browser, dashboard, provider):
    answer = await browser.sign_in()
    page = await browser.get("/")
    secrets = {*dashboard.tokens_seen, *provider.alive}
    assert len(secrets) == 2
    told = "".join((str(answer.headers), page.text, str(page.headers), browser.session))
    assert [secret for secret in secrets if secret in told] == []


async def test_the_cookies_are_for_this_host_over_tls_and_for_no_script(browser):
    begun = await browser.get("/sign-in/start")
    answer = await browser.come_back(browser.provider.sign_in(begun.headers["location"]))
    for response, name in ((begun, "__Host-fluxo_start"), (answer, "__Host-fluxo_session")):
        (cookie,) = [each for each in response.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert "__Host-fluxo_start" not in browser.http.cookies


async def test_signing_in_again_is_a_new_session_and_the_end_of_the_one_before(browser, another_browser, provider):
    await browser.sign_in()
    before, (token,) = browser.session, provider.alive
    await browser.sign_in()
    assert browser.session != before
    assert provider.revoked == [token]
    copy = another_browser()
    copy.http.cookies.set("__Host-fluxo_session", before, domain="fluxo.example")
    assert (await copy.get("/")).headers["location"].startswith("/sign-in")
    assert (await browser.get("/")).status_code == 200


async def test_an_answer_is_taken_once(browser, another_browser, provider):
    address = await browser.start()
    starting = browser.http.cookies["__Host-fluxo_start"]
    answer = browser.provider.sign_in(address)
    assert (await browser.come_back(answer)).status_code == 303
    copy = another_browser()
    copy.http.cookies.set("__Host-fluxo_start", starting, domain="fluxo.example")
    refused = await copy.come_back(answer)
    assert refused.status_code == 403
    assert "used already" in refused.text
    assert "Try again" in refused.text
    assert "__Host-fluxo_session" not in copy.http.cookies
    assert provider.redemptions == 1
    again = await browser.come_back(answer)  # Back, or a reload
    assert (again.status_code, again.headers["location"]) == (303, "/")


async def test_an_answer_is_only_for_the_browser_that_asked(browser, another_browser, provider):
    theirs = another_browser()
    answer = provider.sign_in(await theirs.start())
    assert (await browser.come_back(answer)).status_code == 403
    await browser.start()
    assert (await browser.come_back(answer)).status_code == 403
    assert (await browser.come_back({})).status_code == 403
    assert "__Host-fluxo_session" not in browser.http.cookies


async def test_an_answer_that_was_not_asked_for_does_not_disturb_one_that_was(browser, provider):
    answer = provider.sign_in(await browser.start())
    assert (await browser.come_back({"code": "x", "state": "y"})).status_code == 403
    assert (await browser.come_back(answer)).status_code == 303


async def test_an_answer_comes_within_ten_minutes(browser, provider):
    answer = provider.sign_in(await browser.start())
    kept = {"Cookie": f"__Host-fluxo_start={browser.http.cookies['__Host-fluxo_start']}"}
    with time_machine.travel(time.time() + 601):
        assert (await browser.get("/sign-in/callback", params=answer, headers=kept)).status_code == 403
    assert provider.redemptions == 0


async def test_a_code_of_another_start_is_not_redeemed(browser, another_browser, provider):
    stolen = provider.sign_in(await another_browser().start())["code"]
    mine = provider.sign_in(await browser.start())
    refused = await browser.come_back(mine | {"code": stolen})
    assert refused.status_code == 403
    assert provider.alive == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["fluxo-dashboard", "another client"]},
        {"azp": "another client"},
        {"azp": "fluxo-dashboard", "aud": "another client"},
        {"iss": "https://another.example"},
        {"sub": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"iat": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=lambda wrong: "-".join(f"{name}={value}"[:24] for name, value in wrong.items()),
)
async def test_an_id_token_with_a_wrong_claim_is_refused(browser, provider, wrong):
    provider.id_claims = wrong
    refused = await browser.sign_in()
    assert refused.status_code == 403
    assert "could not be accepted" in refused.text
    assert "__Host-fluxo_session" not in browser.http.cookies
    assert provider.alive == set(), "what it gave is given back"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("HS256", OctKey.import_key(SECRET)), ("RS512", None), ("none", None), ("RS256", STRANGER)],
    ids=["the client's secret", "another algorithm", "no signature", "another key"],
)
async def test_an_id_token_that_the_provider_did_not_sign_is_refused(browser, provider, algorithm, key):
    provider.algorithm, provider.key = algorithm, key or provider.key
    assert (await browser.sign_in()).status_code == 403
    assert "__Host-fluxo_session" not in browser.http.cookies


async def test_without_an_id_token_nobody_is_signed_in(browser, provider):
    provider.gives_id_token = False
    assert (await browser.sign_in()).status_code == 403


async def test_the_providers_clock_may_be_half_a_minute_off(browser, provider):
    provider.id_claims = {"iat": int(time.time()) + 25}
    assert (await browser.sign_in()).status_code == 303


async def test_several_audiences_are_right_where_the_token_says_for_whom_it_is(browser, provider):
    provider.id_claims = {"aud": ["fluxo-dashboard", "fluxo"], "azp": "fluxo-dashboard"}
    assert (await browser.sign_in()).status_code == 303


async def test_who_belongs_to_no_merchant_is_told_so(browser, provider):
    provider.claims["merchant_id"] = None
    refused = await browser.sign_in()
    assert refused.status_code == 403
    assert "belongs to no merchant" in refused.text
    portuguese = await browser.get("/sign-in/callback", headers={"Accept-Language": "pt-BR"})
    assert "navegador" in portuguese.text


async def test_the_merchant_may_stand_in_the_access_token_alone(browser, provider):
    provider.id_claims = {"merchant_id": None, "role": None}
    assert (await browser.sign_in()).status_code == 303


async def test_two_tokens_for_two_merchants_are_refused(browser, provider):
    provider.access_claims = {"merchant_id": "loja-2"}
    assert (await browser.sign_in()).status_code == 403


@pytest.mark.parametrize(
    ("error", "sentence"),
    [("access_denied", "was cancelled"), ("server_error", "could not be accepted"), ("<b>", "could not be accepted")],
)
async def test_an_error_of_the_provider_is_a_page_with_a_way_on(browser, provider, error, sentence):
    state = provider.sign_in(await browser.start("/entries"))["state"]
    refused = await browser.come_back({"error": error, "error_description": "<script>", "state": state})
    assert refused.status_code == 403
    assert sentence in refused.text
    assert 'href="/sign-in/start?next=/entries"' in refused.text
    assert "<script>" not in refused.text.replace("<script src", "")


@pytest.mark.parametrize(
    ("issuer", "always", "status"),
    [
        ("https://id.example", False, 303),
        ("https://another.example", False, 403),
        (None, True, 403),
        ("https://id.example", True, 303),
    ],
)
async def test_an_answer_of_another_provider_is_refused(browser, provider, issuer, always, status):
    provider.metadata = {"authorization_response_iss_parameter_supported": always}
    answer = provider.sign_in(await browser.start())
    answer |= {} if issuer is None else {"iss": issuer}
    assert (await browser.come_back(answer)).status_code == status


async def test_a_provider_that_is_away_is_a_page_and_later_no_matter(browser, provider, monkeypatch):
    monkeypatch.setattr(discovery, "RETRY_S", 0.0)
    provider.is_down = True
    assert (await browser.get("/sign-in/start")).status_code == 503
    provider.is_down = False
    assert (await browser.sign_in()).status_code == 303


async def test_a_provider_that_goes_away_in_between_is_a_page(browser, provider):
    answer = provider.sign_in(await browser.start())
    provider.is_down = True
    refused = await browser.come_back(answer)
    assert refused.status_code == 503
    assert "cannot be reached" in refused.text


@pytest.mark.parametrize(
    "wrong", [{"issuer": "https://another.example"}, {"token_endpoint": "http://id.example/token"}, {"jwks_uri": None}]
)
async def test_a_discovery_document_that_cannot_be_right_is_not_used(browser, provider, wrong):
    provider.metadata = wrong
    assert (await browser.get("/sign-in/start")).status_code == 503


async def test_tokens_that_no_cookie_holds_are_a_page_and_given_back(browser, provider):
    provider.padding = "".join(f"{number:x}" for number in range(3_000))
    refused = await browser.sign_in()
    assert refused.status_code == 500
    assert "more than a browser keeps" in refused.text
    assert provider.alive == set()
