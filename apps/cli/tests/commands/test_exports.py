import csv
import io
import json
import os
import stat
import subprocess
import sys
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

ENTRY_HEADER = "id,direction,amount,currency,business_date,description,category,reverses,reversed_by,recorded_at\r\n"


@pytest.fixture
def entries(fluxo, service):
    return lambda *arguments: fluxo("entries", "export", *arguments, "--entries-url", service.url, "--token", "t")


@pytest.fixture
def balances(fluxo, service):
    return lambda *arguments: fluxo("balances", "export", *arguments, "--balances-url", service.url, "--token", "t")


def query(request):
    return dict(parse_qsl(urlsplit(request.path).query))


def days(first, last, opening="0.00", closing="0.00", **more):
    """What the balances service answers for a range in which nothing happens, but for its last day."""
    form = {"currency": "BRL", "total_credits": "0.00", "total_debits": "0.00", "net": "0.00", "entry_count": 0}
    items = [
        {
            "date": str(first + timedelta(days=number)),
            "opening_balance": opening,
            "closing_balance": opening,
            "as_of": None,
        }
        | form
        for number in range((last - first).days + 1)
    ]
    items[-1]["closing_balance"] = closing
    return {
        "from": str(first),
        "to": str(last),
        "opening_balance": opening,
        "closing_balance": closing,
        "as_of": None,
        "items": items,
    } | more


def test_every_page_becomes_csv_with_the_apis_names(entries, service, entry):
    odd = entry | {"description": 'Pão "francês"; leite, café', "category": None}
    service.answers_with(200, {"items": [entry], "next": "c1"})
    service.answers_with(200, {"items": [odd], "next": None})
    outcome = entries(
        "--from", "2026-11-01", "--to", "2026-11-30", "--direction", "credit", "--category", "x", "--q", "p"
    )
    assert outcome.exit_status == 0, outcome.err
    assert outcome.out.startswith(ENTRY_HEADER)
    first, second = csv.DictReader(io.StringIO(outcome.out, newline=""))
    assert first == {name: value or "" for name, value in entry.items()}
    assert second["description"] == odd["description"]
    asked = {"from": "2026-11-01", "to": "2026-11-30", "direction": "credit", "category": "x", "q": "p", "limit": "500"}
    assert [query(request) for request in service.requests] == [asked, asked | {"cursor": "c1"}]


def test_no_entries_are_a_header(entries, service):
    service.answers_with(200, {"items": [], "next": None})
    assert entries().out == ENTRY_HEADER


def test_json_lines_hold_each_entry_as_the_api_answers_it(entries, service, entry):
    service.answers_with(200, {"items": [entry | {"added_later": 1}, entry], "next": None})
    outcome = entries("--json")
    assert [json.loads(line) for line in outcome.out.splitlines()] == [entry | {"added_later": 1}, entry]


def test_a_file_is_its_owners_and_replaces_another_only_by_force(entries, service, entry, tmp_path):
    file = tmp_path / "entries.csv"
    service.answers_with(200, {"items": [entry], "next": None})
    outcome = entries("--output", str(file))
    assert outcome.out == f"{file}: 1 entry.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("mine")

    refused = entries("--output", str(file))
    assert refused.exit_status == 1
    assert "--force" in refused.err
    assert file.read_text() == "mine"

    assert entries("--output", str(file), "--force").exit_status == 0
    assert file.read_text(encoding="utf-8").startswith(ENTRY_HEADER.strip())
    assert list(tmp_path.glob("entries*")) == [file]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_export_that_breaks_off_leaves_no_half_of_a_file(entries, service, entry, tmp_path, force):
    file = tmp_path / "here" / "entries.csv"
    file.parent.mkdir()
    if force:
        file.write_text("mine")
    service.answers_with(200, {"items": [entry], "next": "c1"})
    service.answers_with(422, {"title": "Invalid cursor"})
    assert entries("--output", str(file), *force).exit_status == 1
    assert [each.name for each in file.parent.iterdir()] == (["entries.csv"] if force else [])
    if force:
        assert file.read_text() == "mine"


def test_a_reader_that_has_enough_ends_it_quietly(service, entry, tmp_path):
    service.answers_with(200, {"items": [entry] * 500, "next": "more"})
    command = [sys.executable, "-m", "fluxo_cli", "entries", "export", "--entries-url", service.url, "--token", "t"]
    export = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ.copy())
    assert export.stdout.readline() == ENTRY_HEADER.encode()
    export.stdout.close()
    complaints = export.stderr.read().decode()
    export.wait(30)
    export.stderr.close()
    assert "Traceback" not in complaints
    assert "Exception" not in complaints


def test_days_become_csv_with_the_apis_names(balances, service):
    service.answers_with(200, days(date(2026, 11, 21), date(2026, 11, 22), closing="5.00"))
    outcome = balances("--from", "2026-11-21", "--to", "2026-11-22")
    assert outcome.out.splitlines() == [
        "date,currency,opening_balance,total_credits,total_debits,net,closing_balance,entry_count,as_of",
        "2026-11-21,BRL,0.00,0.00,0.00,0.00,0.00,0,",
        "2026-11-22,BRL,0.00,0.00,0.00,0.00,5.00,0,",
    ]


def test_more_days_than_one_answer_holds_are_one_file(balances, service, tmp_path):
    pieces = [
        days(date(2006, 1, 1), date(2016, 1, 8), closing="7.00"),
        days(date(2016, 1, 9), date(2026, 1, 15), opening="7.00", closing="9.00"),
        days(date(2026, 1, 16), date(2026, 1, 16), opening="9.00", closing="9.00", stale=True),
    ]
    for piece in pieces:
        service.answers_with(200, piece)
    file = tmp_path / "days.jsonl"
    outcome = balances("--from", "2006-01-01", "--to", "2026-01-16", "--json", "--output", str(file))
    assert outcome.exit_status == 0, outcome.err
    assert [query(request) for request in service.requests] == [
        {"from": piece["from"], "to": piece["to"]} for piece in pieces
    ]
    assert [len(piece["items"]) for piece in pieces] == [3_660, 3_660, 1]
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert written == [day for piece in pieces for day in piece["items"]]
    assert outcome.out == f"{file}: 7,321 days.\n"
    assert "Stale" in outcome.err


def test_pieces_between_which_an_earlier_day_changed_are_no_file(balances, service, tmp_path):
    service.answers_with(200, days(date(2006, 1, 1), date(2016, 1, 8), closing="7.00"))
    service.answers_with(200, days(date(2016, 1, 9), date(2016, 1, 9), opening="7.01", closing="7.01"))
    file = tmp_path / "days.csv"
    outcome = balances("--from", "2006-01-01", "--to", "2016-01-09", "--output", str(file))
    assert outcome.exit_status == 1
    assert "give the command again" in outcome.err
    assert not file.exists()


def test_a_range_upside_down_is_the_services_to_refuse(balances, service):
    service.answers_with(422, {"title": "Some fields are not right", "detail": "The last day is before the first."})
    outcome = balances("--from", "2026-11-22", "--to", "2026-11-21")
    assert (outcome.exit_status, outcome.out) == (1, "")
