"""`fluxo entries import` of a bank's file: what is sent, shown and asked."""

import json
import sys
from pathlib import Path

import pytest
import typer
from fluxo_cli.files.statement_import import is_statement

SAMPLES = Path(__file__).parents[4] / "libs" / "statements" / "tests" / "samples"
OFX = "OFXHEADER:100\n<OFX>a bank's file</OFX>\n"
NOTHING = {"count": 0, "credits": "0.00", "debits": "0.00"}
READY = {
    "id": "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70",
    "state": "ready",
    "reason": None,
    "filename": "extrato.ofx",
    "format": "OFX",
    "currency": "BRL",
    "columns": None,
    "columns_from": None,
    "guessed": ["the decimal sign is a comma"],
    "difference": "-1.00",
    "line_count": 3,
    "lines": {
        "new": {"count": 2, "credits": "10.00", "debits": "4.50"},
        "duplicate": NOTHING,
        "possible_duplicate": {"count": 1, "credits": "1.00", "debits": "0.00"},
        "invalid": NOTHING,
    },
    "line_reached": 0,
    "recorded_count": 0,
}
SURE = READY | {"lines": READY["lines"] | {"possible_duplicate": NOTHING}}
DONE = READY | {"state": "done", "line_reached": 3, "recorded_count": 2}
LINE = {
    "place": "STMTTRN 1",
    "business_date": "2026-11-20",
    "direction": "debit",
    "amount": "4.50",
    "description": "Leite\x1b[2J",
    "reason": "There is an entry with its day and amount, which it may be.",
    "duplicate_of": "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e71",
    "source": None,
}
LINES = {"items": [LINE], "next": None}


@pytest.fixture
def import_(fluxo, service, tmp_path, monkeypatch):
    monkeypatch.setattr("fluxo_cli.files.statement_import._LOOK_EVERY_S", 0)

    def run(*arguments, content=OFX, name="extrato.ofx"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return fluxo("entries", "import", str(file), *arguments, "--entries-url", service.url, "--token", "t")

    return run


def answers(service, *bodies, shows=True):
    for body in bodies:
        service.answers_with(200, body)
        if body["state"] == "ready" and shows:
            for lines in body["lines"].values():
                if lines["count"]:
                    service.answers_with(200, LINES)


def test_a_file_is_sent_shown_and_recorded(import_, service):
    answers(service, READY | {"state": "parsing"}, READY, READY | {"state": "recording"}, DONE)
    outcome = import_("--yes", "--category", "banco", "--possible", "skip", "--account", "Banco Sol")
    assert outcome.exit_status == 0, outcome.err
    assert service.requests[0].path == "/v1/imports?filename=extrato.ofx&account=Banco+Sol"
    assert service.requests[0].body == OFX.encode()
    (confirmed,) = [each for each in service.requests if each.path.endswith("/confirm")]
    assert confirmed.body == {"possible_duplicates": "skip", "category": "banco"}
    for shown in ("extrato.ofx · OFX", "possible duplicate", "4.50 BRL", "STMTTRN 1", "2 entries recorded."):
        assert shown in outcome.out
    assert "\x1b" not in outcome.out
    assert "differ by -1.00 BRL" in outcome.err
    assert "the decimal sign is a comma" in outcome.err


def test_possible_duplicates_are_recorded_where_that_is_wanted(import_, service):
    answers(service, READY, DONE)
    import_("--yes", "--possible", "record")
    assert service.requests[-1].body == {"possible_duplicates": "record"}


COLUMNS = [
    {"name": "Quando", "meaning": "date"},
    {"name": "Valor", "meaning": "amount"},
    {"name": "X", "meaning": None},
]


def test_what_the_columns_mean_is_sent_and_shown(import_, service):
    answers(service, READY | {"columns": COLUMNS, "columns_from": "remembered"}, DONE)
    outcome = import_("--yes", "--possible", "skip", "--columns", "date=Quando,amount=#2", "--fees-apart")
    assert service.requests[0].path == (
        "/v1/imports?filename=extrato.ofx&columns=date%3DQuando%2Camount%3D%232&fees_apart=true"
    )
    said = " ".join(outcome.err.split())
    assert "Columns as you confirmed them for this header: date=Quando, amount=Valor; not read: X" in said


def test_columns_that_are_not_understood_can_be_said(import_, service):
    service.answers_with(200, READY | {"state": "failed", "reason": "Say what they mean.", "columns": COLUMNS})
    outcome = import_("--yes")
    assert outcome.exit_status == 1
    assert "Say what they mean. Give --columns date=…,amount=…" in outcome.err


def assert_removed(service):
    assert not [each for each in service.requests if each.path.endswith("/confirm")]
    assert (service.requests[-1].method, service.requests[-1].path) == ("DELETE", f"/v1/imports/{READY['id']}")


@pytest.mark.parametrize("arguments", [["--dry-run"], []], ids=["a dry run", "nobody can be asked"])
def test_nothing_is_recorded_before_somebody_says_so(import_, service, arguments):
    answers(service, READY)
    service.answers_with(204, b"")
    outcome = import_(*arguments)
    assert (outcome.exit_status == 0) is bool(arguments)
    assert_removed(service)


def _interrupted(*_arguments, **_options):
    raise typer.Abort


@pytest.mark.parametrize("answer", [lambda *_arguments, **_options: False, _interrupted], ids=["no", "interrupted"])
def test_what_is_declined_is_removed(import_, service, monkeypatch, answer):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", answer)
    answers(service, READY)
    service.answers_with(404, {"title": "There is no such import."})
    outcome = import_()
    assert outcome.exit_status == 1
    assert "no such import" not in outcome.err
    assert_removed(service)


def test_asked_at_a_terminal_possible_duplicates_are_left_out(import_, service, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_arguments, **_options: True)
    answers(service, READY, DONE)
    assert import_().exit_status == 0
    assert service.requests[-1].body == {"possible_duplicates": "skip"}


@pytest.mark.parametrize("new", [READY["lines"]["new"], NOTHING], ids=["beside new ones", "alone"])
def test_without_a_question_somebody_has_to_say_what_becomes_of_possible_duplicates(import_, service, new):
    answers(service, READY | {"lines": READY["lines"] | {"new": new}})
    service.answers_with(204, b"")
    outcome = import_("--yes")
    assert outcome.exit_status == 1
    assert "1 line may be recorded already. Say --possible skip or --possible record." in outcome.err
    assert_removed(service)


def test_its_lines_have_their_days(import_, service):
    outcome = import_("--yes", "--date", "2026-11-20")
    assert outcome.exit_status == 2
    assert "have their days" in outcome.err
    assert not service.requests


def test_a_file_that_is_no_text_is_the_services_to_read(import_, service):
    answers(service, SURE, DONE)
    assert import_("--yes", content=b'PK\x03\x04\0\r,"\n', name="extrato.xlsx").exit_status == 0


def test_no_sample_is_taken_for_columns_as_the_api_names_them():
    samples = [path for path in SAMPLES.glob("*/*") if not path.name.endswith(".expected.json")]
    assert len(samples) > 100
    assert [path.name for path in samples if not is_statement(path, path.read_bytes())] == []


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"amount;direction\0", b"direction\rbusiness_date\n"])
def test_whatever_csv_cannot_read_is_somebody_elses(content):
    assert is_statement(Path("sales.csv"), content)


def test_lines_that_are_not_right_show_in_the_exit_status(import_, service):
    lines = SURE["lines"] | {"invalid": NOTHING | {"count": 1}}
    answers(service, READY | {"lines": lines}, DONE | {"lines": lines}, shows=False)
    outcome = import_("--yes", "--json")
    assert outcome.exit_status == 1
    assert json.loads(outcome.out)["recorded_count"] == 2


def test_a_file_that_brings_nothing_new_is_not_confirmed(import_, service):
    lines = dict.fromkeys(READY["lines"], NOTHING) | {"duplicate": NOTHING | {"count": 3}}
    answers(service, READY | {"lines": lines})
    service.answers_with(204, b"")
    outcome = import_("--yes")
    assert_removed(service)
    assert (outcome.exit_status, outcome.out.splitlines()[-1].endswith("0 entries recorded, 3 there already.")) == (
        0,
        True,
    )


def test_a_file_that_cannot_be_read_says_why(import_, service):
    answers(service, READY | {"state": "failed", "reason": "The file is a PDF. Export OFX."})
    outcome = import_("--yes")
    assert outcome.exit_status == 1
    assert "The file is a PDF. Export OFX.\nNothing was recorded." in outcome.err


def test_a_sheet_of_other_columns_is_the_services_to_read(import_, service):
    answers(service, SURE, DONE)
    import_("--yes", content="Data;Histórico;Valor\n20/11/2026;Pão;1,00\n", name="extrato.csv")
    assert service.requests[0].path == "/v1/imports?filename=extrato.csv"
