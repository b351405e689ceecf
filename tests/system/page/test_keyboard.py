"""Everything can be reached and done without a mouse."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.harness.browser import PHONE


@pytest.fixture
def page(visit):
    visitor = visit()
    return visitor.sign_in(f"m-{uuid4().hex[:12]}")


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def test_shortcuts_go_where_the_help_says(page):
    page.locator("#content").focus()
    page.keyboard.press("n")
    assert focused(page) == "entry-amount"
    expect(page.locator("#entry-amount")).to_have_value("")
    page.keyboard.type("n")
    expect(page.locator("#entry-amount")).to_have_value("n")  # while somebody types, letters are letters
    page.fill("#entry-amount", "")
    page.locator("#content").focus()
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_tab_reaches_everything_that_can_be_used_and_shows_where_it_is(page):
    usable = page.locator("a[href], button, input:not([type=hidden]):not([type=radio]), summary, [tabindex='0']")
    wanted = [each for each in usable.all() if each.is_visible()]
    page.mouse.click(1, 1)  # the next one after it is the first of the page
    reached = []
    for _ in range(len(wanted) + 4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue  # between the last and the first a browser shows its own buttons
        handle = page.evaluate_handle("document.activeElement").as_element()
        reached.append(handle)
        shown = handle.evaluate("e => { const s = getComputedStyle(e); return s.outlineStyle + s.boxShadow; }")
        assert shown != "nonenone", handle.evaluate("e => e.outerHTML")
    for each in wanted:
        element = each.element_handle()
        assert any(page.evaluate("([a, b]) => a === b", [element, one]) for one in reached), each


def test_the_first_tab_skips_to_the_content(visit):
    page = visit(viewport=PHONE).sign_in(f"m-{uuid4().hex[:12]}")  # where nothing has the focus beforehand
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
