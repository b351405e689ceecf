"""What comes from elsewhere changes nothing: a cookie that was tampered with, a form of another site, another host."""

from dataclasses import replace

import httpx2
import pytest
from fluxo_chassis.health import Health
from fluxo_dashboard.app import create_dashboard_app
from fluxo_dashboard.sign_in.ended import Ended
from fluxo_dashboard.sign_in.session import new_session
from fluxo_dashboard.web.visit import own_path

from tests.harness.sign_in import STATIC

pytestmark = pytest.mark.anyio

ORIGIN = "https://fluxo.example"


@pytest.mark.parametrize("at", [0, 30, 60, -1])
async def test_a_cookie_that_was_tampered_with_is_none(browser, at):
    await browser.sign_in()
    cookie = browser.session
    place = at % len(cookie)
    other = "A" if cookie[place] != "A" else "Q"
    browser.http.cookies = {"__Host-fluxo_session": cookie[:place] + other + cookie[place + 1 :]}
    assert (await browser.get("/")).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("text", ["", "x", "....", "a.b.c.d.e", "é", "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_cookie_of_ours_is_none(browser, text):
    headers = {"Cookie": f"__Host-fluxo_session={text}".encode()}
    assert (await browser.get("/", headers=headers)).headers["location"].startswith("/sign-in")


async def test_the_cookie_of_a_start_is_no_session(browser):
    await browser.start()
    start = browser.http.cookies["__Host-fluxo_start"]
    answer = await browser.get("/", headers={"Cookie": f"__Host-fluxo_session={start}"})
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "text",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "///elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "/\t/elsewhere.example",
        " //elsewhere.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "entries",
        "",
        None,
    ],
)
def test_a_link_never_leads_to_another_site(text):
    assert own_path(text) == "/"


@pytest.mark.parametrize("path", ["/", "/entries", "/entries?q=a//b&from=2026-11-01", "/a#b", "/é"])
def test_pages_of_ours_are_come_back_to(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    ],
)
@pytest.mark.parametrize("path", ["/language", "/sign-out", "/entries"])
async def test_a_form_of_another_site_changes_nothing(browser, path, headers):
    await browser.sign_in()
    answer = await browser.post(path, headers=headers, data={"language": "pt-BR"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 303), ("https://elsewhere.example", 403), ("null", 403)])
async def test_a_browser_that_says_only_the_origin_is_believed(browser, origin, status):
    del browser.http.headers["Sec-Fetch-Site"]
    answer = await browser.post("/language", headers={"Origin": origin}, data={"language": "pt-BR"})
    assert answer.status_code == status
    assert (await browser.post("/language", data={"language": "pt-BR"})).status_code == 403


async def test_a_form_carries_what_only_a_page_of_the_session_knows(browser):
    await browser.sign_in()
    typed = {"amount": "1", "direction": "credit", "description": "x", "category": "", "key": "k"}
    assert (await browser.post("/entries", data=typed)).status_code == 403
    assert (await browser.post("/entries", data=typed, headers={"X-Form-Token": "0" * 64})).status_code == 403


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1", "fluxo.example:8443", "fluxo.example.", ""])
async def test_under_another_name_there_is_nothing_but_the_right_address(browser, host):
    await browser.sign_in()
    answer = await browser.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert f'href="{ORIGIN}/"' in answer.text
    assert (await browser.post("/language", headers={"Host": host})).status_code == 421


@pytest.mark.parametrize("host", ["fluxo.example", "FLUXO.example", "fluxo.example:443"])
async def test_its_own_name_may_be_written_as_browsers_do(browser, host):
    assert (await browser.get("/sign-in", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 307), ("[::1]:8000", 307), ("127.0.0.1:8000", 200), ("elsewhere.example", 421), ("[", 421)],
)
async def test_on_ones_own_machine_its_other_names_lead_to_the_right_one(dashboard, host, status):
    own = "http://127.0.0.1:8000"
    desk = replace(dashboard.desk, origin=own, is_behind_tls=False)
    app = create_dashboard_app(desk, health=Health(), static=STATIC)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=own) as http:
        answer = await http.get("/sign-in?next=/entries", headers={"Host": host})
        assert answer.status_code == status
        assert answer.headers.get("location") == (f"{own}/sign-in?next=/entries" if status == 307 else None)
        posted = await http.post("/language", headers={"Host": host, "Sec-Fetch-Site": "same-origin"})
        assert posted.status_code == (303 if status == 200 else 421)


async def test_probes_come_to_any_name(browser):
    assert (await browser.get("/health/live", headers={"Host": "10.0.0.7:8000"})).status_code == 200


def test_what_ended_is_remembered_and_the_oldest_forgotten_at_ten_thousand():
    ended = Ended()
    ended.add("first", 4e9)
    ended.add("over", 1.0)
    for number in range(9_998):
        ended.add(str(number), 4e9)
    ended.add("one more", 4e9)
    assert "over" not in ended
    assert "first" in ended
    ended.add("and one", 4e9)
    assert "first" not in ended
    assert "and one" in ended


@pytest.mark.parametrize(
    ("role", "may_write"), [("owner", True), ("operator", True), ("", True), ("accountant", False), ("intern", False)]
)
def test_the_page_offers_to_write_only_where_the_services_let(role, may_write):
    assert new_session("loja-1", "ana", role).may_write is may_write
