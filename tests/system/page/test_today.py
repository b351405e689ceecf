"""A merchant opens the page, sees the day, and records what came in and went out."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.harness.waiting import until


@pytest.fixture
def merchant_id() -> str:
    return f"m-{uuid4().hex[:12]}"


def test_from_the_link_to_a_recorded_entry_with_three_keys_beside_the_text(visit, merchant_id, system):
    visitor = visit()
    page = visitor.sign_in(merchant_id)
    expect(page.locator("#latest")).to_contain_text("Nada ainda")
    page.keyboard.type("150,00")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Venda balcão")
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved] .badge")).to_have_text("consolidado")
    expect(page.locator("#balance .closing dd")).to_have_text("R$\N{NO-BREAK SPACE}150,00")
    expect(page.locator("#latest")).to_contain_text("Venda balcão")
    expect(page.locator("#entry-amount")).to_be_focused()
    expect(page.locator("#entry-amount")).to_have_value("")
    assert system.merchant(merchant_id).entries()[0]["amount"] == "150.00"


def test_categories_used_before_are_offered(visit, merchant_id, system):
    merchant = system.merchant(merchant_id)
    entry = {"direction": "debit", "amount": "1.00", "description": "Farinha", "category": "Fornecedores"}
    merchant.day("2026-01-01", after=merchant.post("/v1/entries", entry, key=uuid4().hex).json()["id"])
    page = visit().sign_in(merchant_id)
    expect(page.locator("#categories option")).to_have_attribute("value", "Fornecedores")
    assert page.evaluate("document.getElementById('entry-category').list.id") == "categories"


def test_two_browsers_see_each_others_entries_without_a_reload(visit, merchant_id):
    one, other = visit(), visit()
    one.sign_in(merchant_id)
    other.sign_in(merchant_id)
    one.record("10,00", "Da primeira")
    expect(other.page.locator("#latest")).to_contain_text("Da primeira")
    expect(other.page.locator("#balance .closing dd")).to_contain_text("10,00")
    other.record("5,00", "Da segunda")
    expect(one.page.locator("#latest")).to_contain_text("Da segunda")
    expect(one.page.locator("#balance .closing dd")).to_contain_text("15,00")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount", "1.234,5", "1234,56"),
        ("amount", "1,234.56", "1234,56"),
        ("amount", "R$ 10", "1234,56"),
        ("amount", " 10 ", "1234,56"),
        ("amount", "10,999", "1234,56"),
        ("amount", "-5", "sem sinal"),
        ("amount", "", "Escreva o valor"),
        ("business_date", "01/01/2999", "ainda não chegou"),
        ("business_date", "31/02/2026", "não existe"),
        ("business_date", "1/2/26", "quatro dígitos"),
        ("description", "  ", "Escreva o que foi"),
        ("description", "\u200b", "nada legível"),
        ("amount", "99999999999999,00", "grande demais"),
    ],
)
def test_what_is_typed_wrong_is_said_beside_the_field_and_stays(signed_in, system, field, typed, said):
    visitor, merchant_id = signed_in
    page = visitor.open("/")
    right = {"amount": "10,00", "description": "Certo", "business_date": "28/11/2026"} | {field: typed}
    for name, value in right.items():
        page.fill(f"#entry-form [name={name}]", value)
    page.click("#entry-form button")
    expect(page.locator(f"#error-{field}")).to_contain_text(said)
    expect(page.locator(f"#entry-form [name={field}]")).to_have_value(typed)
    expect(page.locator(f"#entry-form [name={field}]")).to_have_attribute("aria-invalid", "true")
    assert system.merchant(merchant_id).entries() == []


@pytest.fixture(scope="module")
def signed_in(browser, system):
    """One visitor for many wrong forms."""
    from tests.harness.browser import Visitor  # noqa: PLC0415 - beside its only use

    merchant_id = f"m-{uuid4().hex[:12]}"
    with Visitor(browser, system) as visitor:
        visitor.sign_in(merchant_id)
        yield visitor, merchant_id


def test_a_description_is_shown_as_it_was_typed(visit, merchant_id):
    visitor = visit()
    page = visitor.sign_in(merchant_id)
    visitor.record("1,00", "<img src=x onerror=alert(1)>\"'&amp;")
    expect(page.locator("#latest li a")).to_have_text("<img src=x onerror=alert(1)>\"'&amp;")
    assert page.locator("#latest img").count() == 0


def test_a_form_sent_twice_is_one_entry(visit, merchant_id, system):
    visitor = visit()
    page = visitor.sign_in(merchant_id)
    page.fill("#entry-amount", "7,00")
    page.fill("#entry-description", "Uma vez")
    page.dblclick("#entry-form button")
    expect(page.locator("[data-saved]")).to_be_visible()
    page.reload()
    page.go_back()
    page.go_forward()
    assert len(system.merchant(merchant_id).entries()) == 1


def test_what_is_typed_outlives_a_reload_and_a_session_that_ends(visit, merchant_id, system):
    visitor = visit()
    page = visitor.sign_in(merchant_id)
    page.fill("#entry-amount", "42,00")
    page.fill("#entry-description", "Quase perdido")
    page.reload()
    expect(page.locator("#entry-description")).to_have_value("Quase perdido")
    visitor.context.clear_cookies()
    page.click("#entry-form button")
    expect(page.locator("[data-notice=signed-out]")).to_be_visible()
    expect(page.locator("#entry-amount")).to_have_value("42,00")
    page.goto(system.link(merchant_id))
    expect(page.locator("#entry-amount")).to_have_value("42,00")
    page.click("#entry-form button")
    expect(page.locator("[data-saved]")).to_contain_text("Quase perdido")


def test_what_one_merchant_typed_is_not_shown_to_the_next(visit, merchant_id, system):
    visitor = visit()
    page = visitor.sign_in(merchant_id)
    page.fill("#entry-description", "Segredo da padaria")
    visitor.sign_in(f"m-{uuid4().hex[:12]}")
    expect(page.locator("#entry-description")).to_have_value("")
    visitor.sign_in(merchant_id)
    expect(page.locator("#entry-description")).to_have_value("Segredo da padaria")


def test_what_is_typed_after_a_saved_entry_outlives_what_others_record(visit, merchant_id, system):
    visitor = visit()
    page = visitor.sign_in(merchant_id)
    visitor.record("10,00", "Da página")
    expect(page.locator("[data-saved] .badge")).to_have_text("consolidado")
    page.fill("#entry-description", "Meio digitada")
    system.merchant(merchant_id).record("credit", "5.00", description="De fora")
    expect(page.locator("#balance .closing dd")).to_contain_text("15,00")
    page.reload()
    expect(page.locator("#entry-description")).to_have_value("Meio digitada")


@pytest.mark.parametrize(("amount", "is_saved"), [("10,00", True), ("10,0", False)])
def test_what_is_typed_while_a_slow_answer_is_under_way_is_still_there(visit, merchant_id, system, amount, is_saved):
    page = visit().sign_in(merchant_id)

    def hold(route) -> None:
        answer = route.fetch()
        page.fill("#entry-description", "Já a próxima")
        page.fill("#entry-amount", "20,00")
        route.fulfill(response=answer)

    page.route("**/entries", hold, times=1)
    page.fill("#entry-amount", amount)
    page.fill("#entry-description", "Demorada")
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]" if is_saved else "#error-amount")).to_be_visible()
    for _ in range(2):
        expect(page.locator("#entry-description")).to_have_value("Já a próxima")
        expect(page.locator("#entry-amount")).to_have_value("20,00")
        page.reload()
    page.click("#entry-form button")
    expect(page.locator("[data-saved]")).to_contain_text("Já a próxima")
    amounts = [entry["amount"] for entry in system.merchant(merchant_id).entries()]
    assert amounts == ["20.00", *(["10.00"] if is_saved else [])]


def test_a_draft_of_yesterday_whose_date_nobody_touched_is_of_today(visit, merchant_id):
    page = visit().sign_in(merchant_id)
    today = page.input_value("#entry-date")
    as_it_was_yesterday = "date => { date.value = date.dataset.today = '01/11/2026'; }"
    page.eval_on_selector("#entry-date", as_it_was_yesterday)
    page.fill("#entry-description", "Meio digitada")
    page.reload()
    expect(page.locator("#entry-description")).to_have_value("Meio digitada")
    expect(page.locator("#entry-date")).to_have_value(today)
    page.fill("#entry-date", "02/11/2026")
    page.reload()
    expect(page.locator("#entry-date")).to_have_value("02/11/2026")


def test_a_page_of_one_merchant_never_shows_the_figures_of_the_next(visit, merchant_id, system):
    visitor = visit()
    first = visitor.sign_in(merchant_id)
    first.fill("#entry-description", "Da primeira")
    first.fill("#entry-amount", "11,00")
    other_id = f"m-{uuid4().hex[:12]}"
    other = system.merchant(other_id)
    other.day("2026-01-01", after=other.record("credit", "7.00", description="Da segunda")["id"])
    second = visitor.new_page()
    second.goto(system.link(other_id))
    expect(second.locator("#balance .closing dd")).to_contain_text("7,00")
    system.merchant(merchant_id).record("credit", "3.00", description="De fora")  # its open page is told of it
    expect(first.locator("[data-notice=outdated]")).to_be_visible()
    expect(first.locator("#balance .closing dd")).to_contain_text("0,00")
    first.click("#entry-form button")
    expect(first.locator("#entry-amount")).to_have_value("11,00")
    assert [entry["description"] for entry in other.entries()] == ["Da segunda"]


def test_a_link_works_once(visit, merchant_id, system):
    visitor, late = visit(), visit()
    link = system.link(merchant_id)
    visitor.page.goto(link)
    visitor.page.wait_for_selector("#balance")
    assert late.page.goto(link).status == 403
    expect(late.page.locator("[role=alert]")).to_contain_text("vale uma vez")
    late.console.clear()  # the browser notes every 403


def test_the_page_speaks_english_when_it_is_chosen(visit, merchant_id):
    visitor = visit(locale="en-GB")
    page = visitor.sign_in(merchant_id)
    expect(page.locator("h1")).to_have_text("Today")
    page.fill("#entry-amount", "1,234.56")
    page.fill("#entry-description", "Counter sales")
    page.keyboard.press("Enter")
    expect(page.locator("#balance .closing dd")).to_have_text("R$1,234.56")
    page.click("form.language button")
    expect(page.locator("h1")).to_have_text("Hoje")


def test_a_change_that_comes_while_the_one_before_is_loaded_is_not_lost(visit, merchant_id, system):
    merchant = system.merchant(merchant_id)
    page = visit().sign_in(merchant_id)
    page.evaluate("window.told = 0; document.body.addEventListener('fluxo:changed', () => { window.told += 1; })")

    held: list[object] = []

    def hold(route) -> None:
        """Answer once with what the server said before the second entry, after the page was told of that, too."""
        if held:
            route.continue_()
            return
        answer = route.fetch()
        held.append(answer)
        told = page.evaluate("window.told")
        merchant.record("credit", "2.00")
        until(lambda: page.evaluate("window.told") > told)
        route.fulfill(response=answer)

    page.route("**/today/balance", hold)
    merchant.record("credit", "1.00")
    expect(page.locator("#balance .closing dd")).to_contain_text("3,00")
