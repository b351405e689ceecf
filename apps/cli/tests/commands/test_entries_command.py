import base64
import io
import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from fluxo_cli.output.rendering import entries_table
from fluxo_local.issuer import DevelopmentIssuer
from rich.console import Console

ID = "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70"


@pytest.fixture
def entries(fluxo, service):
    return lambda *arguments: fluxo("entries", *arguments, "--entries-url", service.url, "--token", "t")


def query(request):
    return dict(parse_qsl(urlsplit(request.path).query))


def test_a_sale_is_recorded_as_it_was_typed(entries, service, entry):
    service.answers_with(201, entry)
    outcome = entries("add", "--credit", "1.150,00", "Venda balcão", "--category", "vendas", "--date", "2026-11-22")
    assert outcome.exit_status == 0
    assert service.requests[0].path == "/v1/entries"
    assert service.requests[0].body == {
        "direction": "credit",
        "amount": "1150.00",
        "business_date": "2026-11-22",
        "description": "Venda balcão",
        "category": "vendas",
    }
    assert "+150.00 BRL" in outcome.out
    assert "Venda balcão" in outcome.out


def test_what_was_not_said_is_left_to_the_service(entries, service, entry):
    service.answers_with(201, entry | {"direction": "debit", "category": None})
    outcome = entries("add", "--debit", "150.00", "Aluguel")
    assert service.requests[0].body == {"direction": "debit", "amount": "150.00", "description": "Aluguel"}
    assert "-150.00 BRL" in outcome.out


def test_each_command_has_a_fresh_key_unless_one_is_given(entries, service, entry):
    service.answers_with(201, entry)
    for more in ((), (), ("--key", "mine")):
        entries("add", "--credit", "1", "x", *more)
    first, second, given = (request.headers["Idempotency-Key"] for request in service.requests)
    assert first != second
    assert given == "mine"


def test_a_replay_is_told_beside_the_result(entries, service, entry):
    service.answers_with(201, entry, Idempotent_Replayed="true")
    outcome = entries("add", "--credit", "1", "x", "--key", "mine")
    assert outcome.exit_status == 0
    assert "nothing was added" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "x"),
        ("add", "x", "--credit", "1", "--debit", "1"),
        ("add", "x", "--credit", "1.234"),
        ("add", "x", "--credit", "1", "--date", "22/11/2026"),
        ("add", "x", "--credit", "1", "--date", "2026-W47-7"),
        ("add", "x", "--credit", "1", "--key", "ключ"),
        ("show", "../merchant"),
        ("reverse", ID),
        ("list", "--limit", "501"),
        ("list", "--direction", "sideways"),
    ],
)
def test_a_command_typed_wrongly_asks_nobody(entries, service, arguments):
    outcome = entries(*arguments)
    assert outcome.exit_status == 2
    assert outcome.err
    assert not service.requests


def test_json_is_exactly_what_the_service_answered(entries, service):
    exact = b'{"id":  "x", "unknown": 1.50}'
    service.answers_with(201, exact)
    assert entries("add", "--credit", "1", "x", "--json").out == exact.decode() + "\n"
    assert entries("show", ID, "--json").out == exact.decode() + "\n"
    assert entries("list", "--json").out == exact.decode() + "\n"


def test_the_list_asks_for_what_was_chosen(entries, service, entry):
    service.answers_with(200, {"items": [entry, entry | {"direction": "debit", "reversed_by": ID}], "next": None})
    choice = ["--from", "2026-11-01", "--to", "2026-11-30", "--direction", "debit", "--category", "água & luz"]
    outcome = entries("list", *choice, "--search", "conta", "--limit", "7")
    assert query(service.requests[0]) == {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "direction": "debit",
        "category": "água & luz",
        "q": "conta",
        "limit": "7",
    }
    first, second = [line.split() for line in outcome.out.splitlines() if "BRL" in line]
    assert first == ["2026-11-22", "credit", "+150.00", "BRL", "Venda", "balcão"]
    assert second == ["2026-11-22", "debit", "-150.00", "BRL", "Venda", "balcão"]
    assert outcome.out.count(ID) == 2
    assert outcome.out.count("vendas · reversed") == 1


def test_a_table_fits_a_narrow_terminal_without_cutting_an_amount_or_an_id(entry):
    wide = entry | {"amount": "999999999999.99", "description": "Uma descrição bastante longa, que quebra " * 4}
    printed = Console(width=80, file=io.StringIO(), record=True)
    printed.print(entries_table([wide]))
    lines = printed.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert "+999999999999.99" in " ".join(lines)
    assert "…" not in " ".join(lines)


def test_a_page_that_is_not_the_last_says_so(entries, service, entry):
    service.answers_with(200, {"items": [entry], "next": "cursor"})
    outcome = entries("list")
    assert outcome.exit_status == 0
    assert "--all" in outcome.err
    assert len(service.requests) == 1


def test_all_follows_the_cursor_to_the_end(entries, service, entry):
    service.answers_with(200, {"items": [entry], "next": "c1"})
    service.answers_with(200, {"items": [entry | {"amount": "2.00"}], "next": None})
    outcome = entries("list", "--all", "--json")
    document = json.loads(outcome.out)
    assert [item["amount"] for item in document["items"]] == ["150.00", "2.00"]
    assert document["next"] is None
    assert [query(request).get("cursor") for request in service.requests] == [None, "c1"]
    assert {query(request)["limit"] for request in service.requests} == {"500"}


def test_a_description_is_shown_as_text_and_nothing_else(entries, service, entry):
    service.answers_with(200, {"items": [entry | {"description": "[red]x[/] \x1b[2J\u202e"}], "next": None})
    outcome = entries("list")
    assert "[red]x[/]" in outcome.out
    assert "\x1b" not in outcome.out
    assert "\u202e" not in outcome.out


def test_a_reversal_is_asked_for_with_its_reason(entries, service, entry):
    service.answers_with(201, entry | {"direction": "debit", "reverses": ID})
    outcome = entries("reverse", ID, "--reason", "Valor errado", "--date", "2026-11-23")
    assert outcome.exit_status == 0
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", f"/v1/entries/{ID}/reversal")
    assert request.body == {"reason": "Valor errado", "business_date": "2026-11-23"}
    assert request.headers["Idempotency-Key"]


def test_a_refusal_ends_with_one_and_prints_nothing_to_standard_output(entries, service):
    service.answers_with(409, {"title": "Already reversed", "detail": "It has been reversed already."})
    outcome = entries("reverse", ID, "--reason", "x")
    assert outcome.exit_status == 1
    assert outcome.out == ""
    assert "It has been reversed already." in outcome.err


def test_without_a_running_system_the_person_is_told_how_to_start_one(fluxo):
    outcome = fluxo("entries", "list")
    assert outcome.exit_status == 3
    assert "fluxo up" in outcome.err
    assert "FLUXO_ENTRIES_URL" in outcome.err


def test_an_address_without_a_scheme_is_a_wrong_command(fluxo):
    assert fluxo("entries", "list", "--entries-url", "localhost:8001", "--token", "t").exit_status == 2


def test_without_a_token_and_an_issuer_the_person_is_told_what_to_give(fluxo, service):
    outcome = fluxo("entries", "list", "--entries-url", service.url)
    assert outcome.exit_status == 2
    assert "FLUXO_TOKEN" in outcome.err
    assert not service.requests


def test_without_a_token_the_development_issuer_makes_one_for_the_merchant(fluxo, service, tmp_path):
    DevelopmentIssuer(tmp_path / "data")
    service.answers_with(200, {"items": [], "next": None})
    assert fluxo("entries", "list", "--entries-url", service.url, "--merchant", "padaria").exit_status == 0
    scheme, _, token = service.requests[0].headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    assert claims(token)["merchant_id"] == "padaria"
    assert set(claims(token)["scope"].split()) == {
        "entries:read", "entries:write", "balances:read", "api-keys:manage", "days:close", "days:manage"
    }  # fmt: skip


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_a_token_and_a_merchant_together_are_refused_since_one_of_them_would_be_ignored(fluxo, service):
    outcome = fluxo("entries", "list", "--entries-url", service.url, "--token", "t", "--merchant", "padaria")
    assert outcome.exit_status == 2
    assert not service.requests


def test_an_amount_is_read_with_the_decimals_of_the_currency(entries, service, entry):
    service.answers_with(201, entry)
    assert entries("add", "x", "--credit", "1.234", "--currency", "KWD").exit_status == 0
    assert entries("add", "x", "--debit", "1.500", "--currency", "JPY").exit_status == 0
    assert [request.body["amount"] for request in service.requests] == ["1.234", "1500"]
    assert [request.body["currency"] for request in service.requests] == ["KWD", "JPY"]
