import pytest

AGREES = {
    "agrees": True,
    "format": "OFX",
    "currency": "BRL",
    "from": "2026-11-03",
    "to": "2026-11-21",
    "line_count": 2,
    "opening_balance": {"statement": "50.00", "books": "50.00", "difference": "0.00"},
    "closing_balance": {"statement": None, "books": "57.00", "difference": None},
    "days": [],
    "is_complete": True,
    "unreadable": [],
    "guessed": [],
}
DIFFERS = AGREES | {
    "agrees": False,
    "guessed": ["The day was taken for the first."],
    "unreadable": [{"place": "line 9", "reason": "It has no date."}],
    "days": [
        {
            "date": "2026-11-20",
            "statement": {"credits": "10.00", "debits": "3.50"},
            "books": {"credits": "10.00", "debits": "0.00"},
            "difference": "-3.50",
            "lines_without_entry": [{"place": "STMTTRN 2", "amount": "-3.50", "description": "LEITE"}],
            "entries_without_line": [
                {"id": "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70", "amount": "1.00", "description": "Pão"}
            ],
        }
    ],
}


@pytest.fixture
def reconcile(fluxo, service, tmp_path):
    file = tmp_path / "extrato.ofx"
    file.write_bytes(b"<OFX>")
    return lambda *more: fluxo("reconcile", str(file), *more, "--entries-url", service.url, "--token", "t")


def test_books_that_agree_end_with_zero(reconcile, service):
    service.answers_with(200, AGREES)
    outcome = reconcile()
    assert outcome.exit_status == 0
    assert "agree: 2 lines from 2026-11-03 to 2026-11-21 compared" in outcome.out
    (request,) = service.requests
    assert request.path.partition("?")[0] == "/v1/reconciliations"


def test_a_day_that_differs_is_named_with_what_explains_it(reconcile, service):
    service.answers_with(200, DIFFERS)
    outcome = reconcile()
    assert outcome.exit_status == 1
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert "2026-11-20 difference -3.50 BRL" in lines
    assert "only in the statement -3.50 BRL LEITE STMTTRN 2" in lines
    assert any(line.startswith("only in the books 1.00 BRL Pão") for line in lines)
    assert "They do not agree: 1 day with a difference" in outcome.err
    assert "line 9 cannot be read: It has no date." in outcome.err
    assert "Concluded: The day was taken for the first." in outcome.err


def test_json_is_the_services_own(reconcile, service):
    service.answers_with(200, DIFFERS)
    outcome = reconcile("--json")
    assert outcome.exit_status == 1
    assert '"is_complete": true' in outcome.out or '"is_complete":true' in outcome.out


def test_a_file_that_cannot_be_read_ends_with_the_services_sentence(reconcile, service):
    service.answers_with(422, {"title": "The file cannot be read", "detail": "The file is cut off."})
    outcome = reconcile()
    assert outcome.exit_status == 1
    assert "The file is cut off." in outcome.err
