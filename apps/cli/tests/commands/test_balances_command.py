import pytest
import time_machine

ID = "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70"
FIGURES = {
    "currency": "BRL",
    "opening_balance": "-100.00",
    "total_credits": "150.00",
    "total_debits": "0.00",
    "net": "150.00",
    "closing_balance": "50.00",
    "entry_count": 3,
}
DAY = FIGURES | {"date": "2026-11-22", "as_of": "2026-11-22T14:32:10.123456Z"}
RANGE = FIGURES | {
    "from": "2026-11-21",
    "to": "2026-11-22",
    "as_of": None,
    "items": [DAY | {"date": "2026-11-21", "net": "0.00", "closing_balance": "-100.00", "entry_count": 0}, DAY],
}


@pytest.fixture
def balances(fluxo, service):
    return lambda *arguments: fluxo("balances", *arguments, "--balances-url", service.url, "--token", "t")


def test_a_day_is_shown_in_the_order_in_which_it_adds_up(balances, service):
    service.answers_with(200, DAY)
    outcome = balances("show", "2026-11-22", "--after-entry", ID)
    assert outcome.exit_status == 0
    assert service.requests[0].path == f"/v1/daily-balances/2026-11-22?after_entry={ID}"
    amounts = [line.split()[-2] for line in outcome.out.splitlines() if "BRL" in line]
    assert amounts == ["-100.00", "+150.00", "0.00", "150.00", "50.00"]


def test_json_is_exactly_what_the_service_answered(balances, service):
    service.answers_with(200, b'{"date":  "x"}')
    assert balances("show", "2026-11-22", "--json").out == '{"date":  "x"}\n'
    assert balances("range", "--from", "2026-11-21", "--to", "2026-11-22", "--json").out == '{"date":  "x"}\n'


def test_a_range_shows_every_day_and_the_total(balances, service):
    service.answers_with(200, RANGE)
    outcome = balances("range", "--from", "2026-11-21", "--to", "2026-11-22")
    assert service.requests[0].path == "/v1/daily-balances?from=2026-11-21&to=2026-11-22"
    rows = {row[0]: row[1:] for row in map(str.split, outcome.out.splitlines()) if row}
    assert rows["2026-11-21"] == ["-100.00", "150.00", "0.00", "0.00", "-100.00", "0"]
    assert rows["2026-11-22"] == ["-100.00", "150.00", "0.00", "150.00", "50.00", "3"]
    assert rows["Total"] == ["-100.00", "150.00", "0.00", "150.00", "50.00", "3"]
    assert "BRL" in outcome.out


CATEGORIES = {
    "currency": "BRL",
    "from": "2026-10-01",
    "to": "2026-11-22",
    "as_of": None,
    "total_credits": "150.00",
    "total_debits": "90.00",
    "net": "60.00",
    "entry_count": 3,
    "items": [
        {"month": "2026-10", "category": "luz\x1b", "total_credits": "0.00", "total_debits": "90.00", "net": "-90.00",
         "entry_count": 1},
        {"month": "2026-11", "category": None, "total_credits": "150.00", "total_debits": "0.00", "net": "150.00",
         "entry_count": 2},
    ],
}  # fmt: skip


def test_categories_are_shown_by_month_with_the_total(balances, service):
    service.answers_with(200, CATEGORIES)
    outcome = balances("categories", "--from", "2026-10-01", "--to", "2026-11-22", "--after-entry", ID)
    assert service.requests[0].path == f"/v1/category-totals?from=2026-10-01&to=2026-11-22&after_entry={ID}"
    rows = {row[0]: row[1:] for row in map(str.split, outcome.out.splitlines()) if row}
    assert rows["2026-10"] == ["luz�", "0.00", "90.00", "-90.00", "1"]
    assert rows["2026-11"] == ["-", "150.00", "0.00", "150.00", "2"]
    assert rows["Total"] == ["150.00", "90.00", "60.00", "3"]


def test_categories_that_are_not_built_are_said_so_at_once(balances, service):
    problem = {"type": "/problems/category-totals-not-built", "title": "Not built", "status": 503, "detail": "Rebuild."}
    service.answers_with(503, problem)
    outcome = balances("categories", "--from", "2026-10-01", "--to", "2026-11-22")
    assert (outcome.exit_status, len(service.requests)) == (3, 1)
    assert "Rebuild." in outcome.err


def test_a_stale_balance_is_shown_with_a_warning(balances, service):
    service.answers_with(200, DAY | {"stale": True})
    outcome = balances("show", "2026-11-22")
    assert outcome.exit_status == 0
    assert "50.00 BRL" in outcome.out
    assert "Stale" in outcome.err


@time_machine.travel("2026-11-23T01:30:00Z", tick=False)
@pytest.mark.parametrize(("time_zone", "today"), [("America/Sao_Paulo", "2026-11-22"), ("Europe/Lisbon", "2026-11-23")])
def test_today_is_the_merchants(fluxo, service, time_zone, today):
    service.answers_with(200, {"time_zone": time_zone})
    service.answers_with(200, DAY)
    outcome = fluxo("balances", "show", "--balances-url", service.url, "--entries-url", service.url, "--token", "t")
    assert outcome.exit_status == 0
    assert [request.path for request in service.requests] == ["/v1/merchant", f"/v1/daily-balances/{today}"]


@time_machine.travel("2026-11-23T01:30:00Z", tick=False)
def test_today_is_shown_while_the_entries_service_is_unavailable(balances, service):
    service.answers_with(200, DAY)
    outcome = balances("show")
    assert outcome.exit_status == 0
    assert service.requests[0].path == "/v1/daily-balances/2026-11-22"
    assert "America/Sao_Paulo" in outcome.err


def test_an_entry_that_is_not_yet_part_of_it_ends_with_three(balances, service):
    service.answers_with(503, {"title": "Not yet consolidated", "detail": "The entry is still under way."})
    outcome = balances("show", "2026-11-22", "--after-entry", ID)
    assert outcome.exit_status == 3
    assert "still under way" in outcome.err
    assert len(service.requests) == 4
