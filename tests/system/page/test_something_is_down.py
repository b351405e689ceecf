"""What a person sees while something is down, and that nothing of what they typed is lost or recorded twice."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.harness.browser import Visitor
from tests.harness.system import System, copy_prepared


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory, prepared_data: Path) -> Iterator[System]:
    """A system for this file alone, of which each test kills something and lets it come back."""
    system = System(tmp_path_factory.mktemp("fragile") / "data")
    copy_prepared(prepared_data, system.data_dir)
    try:
        system.start()
        yield system
    finally:
        system.end()


@contextmanager
def held_down(system: System, name: str) -> Iterator[None]:
    """Kill a process, and again each time that the supervisor has started it."""
    released = threading.Event()

    def kill() -> None:
        killed = None
        while not released.wait(0.02):
            pid = system.pid(name)
            if pid is not None and pid != killed:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                killed = pid

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        released.set()
        thread.join()
        system.until(system.ready)


@pytest.fixture
def person(browser, fragile) -> Iterator[tuple[Visitor, str]]:
    """Somebody with ten reais from before, who has typed half of an entry."""
    merchant_id = f"m-{uuid4().hex[:12]}"
    merchant = fragile.merchant(merchant_id)
    before = merchant.record("credit", "10.00", description="De antes")
    fragile.until(lambda: merchant.has_day_with(before["id"]))  # what the test before killed may still be on its way
    visitor = Visitor(browser, fragile)
    page = visitor.sign_in(merchant_id)
    expect(page.locator("#balance .closing dd")).to_contain_text("10,00")
    page.fill("#entry-amount", "5,00")
    page.fill("#entry-description", "Durante a queda")
    yield visitor, merchant_id
    # The browser and htmx note in the console what they could not load; of ours nothing may be there.
    not_loaded = ("Failed to load resource", "Failed to fetch")
    visitor.console = [line for line in visitor.console if not any(noted in line for noted in not_loaded)]
    with visitor:
        pass


def looks_right(visitor: Visitor, name: str) -> None:
    """A page that lacks something is a screen as any other: light and dark, and with a picture of it."""
    for theme in ("light", "dark"):
        visitor.show(theme)
        assert visitor.violations() == [], theme
    visitor.show("light")
    visitor.picture(f"{name}-desk")


def recorded(system: System, merchant_id: str) -> list[str]:
    return [entry["description"] for entry in system.merchant(merchant_id).entries()]


def test_without_the_balances_api_entries_are_recorded_and_balances_stand_grey(person, fragile):
    visitor, merchant_id = person
    page = visitor.page
    with held_down(fragile, "balances-api-1"):
        expect(page.locator("#balance.unavailable")).to_contain_text("estavam assim em")
        expect(page.locator("#balance .closing dd")).to_contain_text("10,00")
        page.click("#entry-form button")
        expect(page.locator("[data-saved]")).to_contain_text("Durante a queda")
        expect(page.locator("[data-saved] .badge")).to_have_text("registrado")
        expect(page.locator("#latest")).to_contain_text("Durante a queda")
        expect(page.locator("#balance.unavailable")).to_contain_text("1 lançamento ainda não foi somado")
        looks_right(visitor, "without-balances")
        page.reload()
        expect(page.locator("#balance.unavailable .closing dd")).to_contain_text("10,00")
    expect(page.locator("#balance:not(.unavailable) .closing dd")).to_contain_text("15,00")
    assert recorded(fragile, merchant_id) == ["Durante a queda", "De antes"]


def test_without_the_balances_api_the_books_of_a_month_stand_grey_and_come_back(person, fragile):
    visitor, merchant_id = person
    page = visitor.open("/consolidated")
    closing = page.locator("#period .closing dd")
    with held_down(fragile, "balances-api-1"):
        expect(page.locator("#period .sums.unavailable")).to_contain_text("estavam assim em")
        expect(closing).to_contain_text("10,00")
        expect(page.locator("#period .spending.unavailable")).to_contain_text("10,00")
        looks_right(visitor, "month-without-balances")
        fragile.merchant(merchant_id).record("credit", "2.00")
        page.goto("/consolidated?by=week")
        expect(page.locator("#period .sums")).to_contain_text("não respondem")
        assert "R$" not in page.inner_text("#period")
    expect(page.locator("#period .sums:not(.unavailable) .closing dd")).to_contain_text("12,00")


def test_without_the_entries_api_the_draft_is_kept_and_said_not_to_be_saved(person, fragile):
    visitor, merchant_id = person
    page = visitor.page
    with held_down(fragile, "entries-api-1"):
        page.click("#entry-form button")
        expect(page.locator("#entry-form [role=alert]")).to_contain_text("Não foi salvo")
        expect(page.locator("#entry-amount")).to_have_value("5,00")
        expect(page.locator("#balance:not(.unavailable) .closing dd")).to_contain_text("10,00")
        looks_right(visitor, "without-entries")
        page.reload()
        expect(page.locator("#entry-description")).to_have_value("Durante a queda")
        expect(page.locator("#latest")).to_contain_text("não respondem")
    expect(page.locator("#latest")).to_contain_text("De antes")
    page.click("#entry-form button")
    expect(page.locator("#balance .closing dd")).to_contain_text("15,00")
    assert recorded(fragile, merchant_id) == ["Durante a queda", "De antes"]


def test_without_the_projector_an_entry_is_recorded_and_says_when_it_is_consolidated(person, fragile):
    visitor, merchant_id = person
    page = visitor.page
    with held_down(fragile, "balances-projector-1"):
        page.click("#entry-form button")
        expect(page.locator("[data-saved] .badge")).to_have_text("registrado")
        expect(page.locator("#latest")).to_contain_text("Durante a queda")
    expect(page.locator("[data-saved] .badge")).to_have_text("consolidado")
    expect(page.locator("#balance .closing dd")).to_contain_text("15,00")
    assert recorded(fragile, merchant_id) == ["Durante a queda", "De antes"]


def test_without_the_database_nothing_is_guessed_and_all_comes_back_by_itself(person, fragile):
    visitor, merchant_id = person
    page = visitor.page
    with held_down(fragile, "postgres"):
        expect(page.locator("#balance.unavailable .closing dd")).to_contain_text("10,00")
        page.click("#entry-form button")
        expect(page.locator("#entry-form [role=alert]")).to_contain_text("Não foi salvo")
    expect(page.locator("#balance:not(.unavailable) .closing dd")).to_contain_text("10,00")
    expect(page.locator("#latest")).to_contain_text("De antes")
    page.click("#entry-form button")
    expect(page.locator("#balance .closing dd")).to_contain_text("15,00")
    assert recorded(fragile, merchant_id) == ["Durante a queda", "De antes"]


def test_without_the_dashboard_the_page_stays_and_goes_on_afterwards(person, fragile):
    visitor, merchant_id = person
    page = visitor.page
    with held_down(fragile, "dashboard-1"):
        expect(page.locator("[data-notice=offline]")).to_be_visible()
        page.click("#entry-form button")
        expect(page.locator("[data-notice=not-saved]")).to_be_visible()
        looks_right(visitor, "without-the-page")
        expect(page.locator("#entry-amount")).to_have_value("5,00")
    expect(page.locator("[data-notice=offline]")).to_be_hidden()
    page.click("#entry-form button")
    expect(page.locator("[data-saved]")).to_contain_text("Durante a queda")
    expect(page.locator("[data-notice=not-saved]")).to_be_hidden()
    expect(page.locator("#balance .closing dd")).to_contain_text("15,00")
    assert recorded(fragile, merchant_id) == ["Durante a queda", "De antes"]
