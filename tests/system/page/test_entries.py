"""A merchant finds a mistake in the list, and reverses it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.harness.browser import Visitor


@pytest.fixture
def merchant(system):
    return system.merchant(f"m-{uuid4().hex[:12]}")


@pytest.fixture
def page(visit, merchant):
    return visit().sign_in(merchant.merchant_id)


def test_last_weeks_mistake_is_found_and_reversed_once_however_often_it_is_sent(page, merchant):
    week_ago = date.fromisoformat(merchant.record("credit", "1.00")["business_date"]) - timedelta(days=7)
    merchant.record("debit", "45.90", description="Café e pão", day=week_ago)
    mistake = merchant.record("debit", "459.00", description="Café e pão", day=week_ago)
    page.keyboard.press("Escape")
    page.locator("#content").focus()
    page.keyboard.press("/")
    page.wait_for_selector("#search:focus")
    page.keyboard.type("pao cafe")
    page.keyboard.press("Enter")
    expect(page.locator("#entries tbody tr")).to_have_count(2)
    page.click(f"#entry-{mistake['id']}")
    page.click("a[href$='/reverse']")
    expect(page.locator("main")).to_contain_text("+\N{NO-BREAK SPACE}R$\N{NO-BREAK SPACE}459,00")
    page.fill("form[action$='/reverse'] [name=reason]", "Um zero a mais")
    page.dblclick("form[action$='/reverse'] button.btn-danger")
    expect(page.locator("article [role=status]").first).to_contain_text("desfaz")
    page.go_back()
    page.reload()
    entries = merchant.entries()
    assert len(entries) == 4
    [reversal] = [entry for entry in entries if entry["reverses"]]
    assert (reversal["reverses"], reversal["business_date"]) == (mistake["id"], week_ago.isoformat())
    assert merchant.day(week_ago, after=reversal["id"])["closing_balance"] == "-45.90"


def test_pages_go_back_through_all_entries_and_keep_the_filter(page, merchant):
    bulk = [
        {"idempotency_key": str(number), "direction": "credit", "amount": "1.00", "description": f"Venda {number}"}
        for number in range(120)
    ]
    assert merchant.post("/v1/entries/bulk", {"mode": "atomic", "entries": bulk}).status_code == 201
    merchant.record("debit", "1.00", description="Não é venda")
    page.goto("/entries?direction=credit")
    seen: list[str] = []
    while True:
        seen += page.locator("#entries tbody .what a").all_text_contents()
        if not page.locator("#older").count():
            break
        page.click("#older")
        page.wait_for_load_state()
    assert sorted(seen) == sorted(f"Venda {number}" for number in range(120))


def test_an_entry_of_somebody_else_is_not_there(visit, merchant, system):
    foreign = system.merchant().record("credit", "9.99", description="De outro")
    visitor: Visitor = visit()
    visitor.sign_in(merchant.merchant_id)
    for path in (f"/entries/{foreign['id']}", f"/entries/{foreign['id']}/reverse", "/entries/not-an-id"):
        assert visitor.page.goto(path).status == 404
        expect(visitor.page.locator("main")).not_to_contain_text("De outro")
    visitor.console.clear()  # the browser notes every 404
