"""Each screen in both languages, for desk and phone, light and dark: axe-core finds nothing, nothing is cut off."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.harness.browser import DESKTOP, PHONE, PICTURES, Visitor

VIEWS = {"desk": DESKTOP, "phone": PHONE}
LOCALES = {"pt": "pt-BR", "en": "en-GB"}


def sign_in(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in")


def today(page: Page) -> None:
    page.goto("/")
    page.wait_for_selector(".chart canvas")


def wrong_entry(page: Page) -> None:
    page.goto("/")
    page.fill("#entry-amount", "1,2,3")
    page.click("#entry-form button")
    page.wait_for_selector("#error-amount")


def saved_entry(page: Page) -> None:
    page.goto("/")
    page.fill("#entry-amount", "12")
    page.fill("#entry-description", "Café da manhã")
    page.click("#entry-form button")
    expect(page.locator("[data-saved] .bg-green-lt")).to_be_visible()


def as_table(page: Page) -> None:
    page.goto("/")
    page.click("summary")


def month(page: Page) -> None:
    page.goto("/consolidated")
    page.wait_for_selector(".chart canvas")


def year(page: Page) -> None:
    page.goto("/consolidated?by=year")
    page.wait_for_selector(".chart canvas")


def wrong_date(page: Page) -> None:
    page.goto("/consolidated?by=week")
    page.fill("#on", "31/02/2026")
    page.press("#on", "Enter")
    page.wait_for_selector("#error-on")


def help_dialog(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    page.locator("#content").focus()
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")


def not_found(page: Page) -> None:
    page.goto("/nothing-here")


def entries(page: Page) -> None:
    page.goto("/entries")


def no_entries(page: Page) -> None:
    page.goto("/entries?q=unheard-of")


def wrong_filter(page: Page) -> None:
    page.goto("/entries?from=31/02/2026&q=venda")
    expect(page.locator("[aria-invalid]")).to_be_visible()


def entry(page: Page) -> None:
    page.goto("/entries?q=fornecedor")
    page.click("#entries a[id^='entry-']")
    expect(page.locator("article .badge.bg-green-lt")).to_be_visible()


def reverse(page: Page) -> None:
    entry(page)
    page.click("a[href$='/reverse']")
    page.wait_for_selector("form[action$='/reverse']")


def books(page: Page) -> None:
    page.goto("/books")
    if page.locator("#reopen-reason").is_visible():
        page.fill("#reopen-reason", "Nota esquecida")
        page.click("form[action$='/reopen'] button")
    page.fill("#close-day", "2000-01-01")  # before all that other screens record
    page.click("form[action='/books/closes'] button")
    page.wait_for_selector("#reopen-reason")


def wrong_books(page: Page) -> None:
    page.goto("/books")
    page.fill("#book-first", "31/02/2026")
    page.click("button[value='pdf']")
    page.wait_for_selector("#error-first")


def keys(page: Page) -> None:
    page.goto("/keys")


def new_key(page: Page) -> None:
    keys(page)
    page.fill("#key-name", f"Caixa {uuid4().hex[:8]}")
    page.check("[name=scopes][value='entries:write']")
    page.check("[name=scopes][value='balances:read']")
    page.fill("#key-last-day", "2099-12-31")
    page.click("#keys form button")
    page.wait_for_selector("#new-key")


def wrong_key(page: Page) -> None:
    keys(page)
    page.fill("#key-name", " ")
    page.click("#keys form button")
    page.wait_for_selector("#error-scopes")


def revoke_key(page: Page) -> None:
    keys(page)
    page.locator("a[href$='/revoke']").first.click()
    page.wait_for_selector("form[action$='/revoke']")


SCREENS = {
    "today": today,
    "entries": entries,
    "no-entries": no_entries,
    "wrong-filter": wrong_filter,
    "entry": entry,
    "reverse": reverse,
    "wrong-entry": wrong_entry,
    "saved-entry": saved_entry,
    "as-table": as_table,
    "month": month,
    "year": year,
    "wrong-date": wrong_date,
    "books": books,
    "wrong-books": wrong_books,
    "wrong-key": wrong_key,
    "new-key": new_key,
    "revoke-key": revoke_key,
    "help": help_dialog,
    "not-found": not_found,
    "sign-in": sign_in,  # last: it ends the session
}


SPENT = [
    ("Fornecedores", "debit", "812.35"),
    ("Aluguel do ponto e condomínio, pagos no quinto dia útil", "debit", "650.00"),
    ("Vendas", "credit", "2340.00"),
]


@pytest.fixture(scope="module")
def merchant_id(system) -> str:
    """A bakery with some months behind it."""
    merchant = system.merchant(f"padaria-{uuid4().hex[:6]}")
    named = merchant.http.patch(f"{system.entries_url}/v1/merchant", json={"name": "Padaria do Bairro"})
    assert named.status_code == 200, named.text
    yesterday = date.today() - timedelta(1)  # which has come everywhere
    entries = [
        {"direction": "credit", "amount": "12.50", "description": "<img src=x>", "days": 2},
        *(
            {"direction": direction, "amount": amount, "description": "Mês", "category": category, "days": days}
            for category, direction, amount in SPENT
            for days in (3, 40, 80)
        ),
        *(
            {
                "direction": "credit",
                "amount": f"{400 + 37 * days % 300}.90",
                "description": "Vendas do dia",
                "days": days,
            }
            for days in range(31)
        ),
        *(
            {"direction": "debit", "amount": f"{280 + 53 * days % 400}.00", "description": "Farinha", "days": days}
            for days in range(0, 31, 3)
        ),
    ]
    bulk = [
        entry
        | {"idempotency_key": str(number), "business_date": (yesterday - timedelta(entry.pop("days"))).isoformat()}
        for number, entry in enumerate(entries)
    ]
    answer = merchant.post("/v1/entries/bulk", {"mode": "atomic", "entries": bulk})
    assert answer.status_code == 201, answer.text
    merchant.record("credit", "1250.00", description="Encomenda de casamento")
    merchant.record("debit", "320.40", description="Fornecedor de farinha, entrega da semana, nota 4711")
    last = merchant.record("credit", "89.90", description="Venda balcão")
    merchant.day("2026-01-01", after=last["id"])
    return merchant.merchant_id


TRIED = {"desk-en": ("light", "dark"), "phone-pt": ("light", "dark"), "desk-pt": ("light",), "phone-en": ("dark",)}
PICTURED = {"desk-pt": "light", "phone-pt": "dark"}


@pytest.fixture(scope="module", params=PICTURED if PICTURES in os.environ else TRIED)
def visitor(request, browser, system, merchant_id) -> Iterator[tuple[str, Visitor]]:
    view, language = request.param.split("-")
    with Visitor(browser, system, locale=LOCALES[language], viewport=VIEWS[view]) as someone:
        someone.sign_in(merchant_id)
        yield request.param, someone
        someone.console = [line for line in someone.console if "404" not in line]


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(visitor, screen):
    name, someone = visitor
    page = someone.page
    SCREENS[screen](page)
    for theme in TRIED[name]:
        someone.show(theme)
        assert someone.violations() == [], theme
        if PICTURED.get(name) == theme:
            someone.picture(f"{screen}-{name.removesuffix('-pt')}")
    someone.show("light")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, "it must be scrolled sideways"
