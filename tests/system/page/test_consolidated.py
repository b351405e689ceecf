"""The books of a month: they move while somebody looks at them, and lead to the entries they are made of."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.harness.waiting import until


@pytest.fixture
def merchant_id(system) -> str:
    merchant = system.merchant(f"m-{uuid4().hex[:12]}")
    merchant.day("2026-01-01", after=merchant.record("credit", "100.00", description="De antes")["id"])
    return merchant.merchant_id


def test_an_entry_of_another_browser_moves_the_month_without_a_reload(visit, merchant_id):
    one, other = visit(), visit()
    one.sign_in(merchant_id)
    other.sign_in(merchant_id)
    page = other.open("/consolidated")
    expect(page.locator("#period .closing dd")).to_contain_text("100,00")
    page.fill("#on", "typed half")
    link = page.locator("#period tbody tr").last.locator("a").first
    link.scroll_into_view_if_needed()
    link.focus()
    scrolled = page.evaluate("scrollY")
    one.record("10,00", "Da outra")
    expect(page.locator("#period .closing dd")).to_contain_text("110,00")
    expect(page.locator("#period tbody tr").last).to_contain_text("110,00")
    expect(page.locator("#period .categories")).to_contain_text("110,00")
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(page.locator("#on")).to_have_value("typed half")
    expect(link).to_be_focused()
    assert page.evaluate("scrollY") == scrolled


def test_below_a_chart_stand_the_figures_of_its_last_day_until_another_is_pointed_at(visit, merchant_id):
    one, other = visit(), visit()
    one.sign_in(merchant_id)
    other.sign_in(merchant_id)
    page = other.open("/consolidated")
    legend = page.locator(".u-legend")
    expect(legend).to_contain_text("EntradaR$ 100,00")
    _, month, day = page.locator(".chart").get_attribute("data-days").split()[0].split("-")

    def shows_the_first_day() -> bool:
        """Point at it once more: what was recorded a moment ago may draw the chart anew just then."""
        page.mouse.move(0, 0)
        page.locator(".u-over").hover(position={"x": 3, "y": 60})
        return f"{day}/{month}" in legend.inner_text()

    until(shows_the_first_day, what="the first day's figures")
    one.record("10,00", "Enquanto se olha")
    expect(page.locator(".chart")).to_have_attribute("data-in", re.compile("110"))
    expect(legend).to_contain_text(f"Dia{day}/{month}")


def last_link(page: Page, to: str) -> str:
    return page.locator(f"#period tbody a[href*='{to}']").last.get_attribute("href") or ""


def tab_to(page: Page, address: str) -> None:
    for _ in range(100):
        page.keyboard.press("Tab")
        if address in (page.evaluate("document.activeElement.href") or ""):
            return
    raise AssertionError(f"no link to {address} is reached by Tab")


def test_from_the_year_to_the_entries_of_a_day_by_keyboard_alone(visit, merchant_id):
    visitor = visit()
    visitor.sign_in(merchant_id)
    page = visitor.open("/consolidated")
    tab_to(page, "by=year")
    page.keyboard.press("Enter")
    page.wait_for_url("**/consolidated?by=year")
    tab_to(page, last_link(page, "by=month"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/consolidated?by=month&on=*")
    tab_to(page, last_link(page, "by=day"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/consolidated?by=day&on=*")
    day = page.url[-len("2026-11-22") :]
    expect(page.locator("#period .closing dd")).to_contain_text("100,00")
    tab_to(page, f"/entries?from={day}&to={day}")
    expect(page.locator(":focus")).to_have_text("1 lançamento")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/entries?from={day}&to={day}")
    expect(page.locator("main")).to_contain_text("De antes")
