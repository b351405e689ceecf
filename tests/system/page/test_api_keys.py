"""An owner makes a key on the page, hands it to a program, and takes it back."""

from uuid import uuid4

import httpx2
from playwright.sync_api import expect


def test_a_key_that_is_made_on_the_page_works_until_it_is_revoked_there(visit, system):
    page = visit().sign_in(f"m-{uuid4().hex[:12]}")
    page.click("nav a[href='/keys']")
    page.fill("#key-name", "Caixa 3")
    page.check("[name=scopes][value='entries:read']")
    page.click("#keys form button")
    key = page.locator("#new-key")
    expect(key).to_be_focused()
    page.keyboard.press("Control+A")
    assert page.evaluate("getSelection().toString()") == key.input_value()
    headers = {"Authorization": f"Bearer {key.input_value()}"}
    assert httpx2.get(f"{system.entries_url}/v1/entries", headers=headers).status_code == 200
    assert key.input_value() not in page.evaluate("JSON.stringify(localStorage)")
    page.click("a[href$='/revoke']")
    expect(page.locator("main")).to_contain_text("Caixa 3")
    page.click("main .btn-danger")
    expect(page.locator("main [role=status]")).to_contain_text("Revogada")
    expect(page.locator(".keys-list")).to_have_count(0)
    system.until(lambda: httpx2.get(f"{system.entries_url}/v1/entries", headers=headers).status_code == 401, 10)
