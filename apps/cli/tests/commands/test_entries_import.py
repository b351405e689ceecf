import io
import json

import pytest

ID = "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e70"
OTHER_ID = "0193c1a2-7d4e-7c3a-9f6e-2b1d5a8c4e71"
MERCHANT = {"merchant_id": "m", "name": "m", "currency": "BRL", "time_zone": "America/Sao_Paulo"}
TWO_SALES = "direction,amount,business_date,description\ncredit,10.00,2026-11-20,Pão\ndebit,2.50,2026-11-21,Leite\n"
CHECKED = {"items": []}
SENT = {"items": []}
OVERLOADED = {"type": "/problems/unavailable", "title": "Too busy", "status": 503}


@pytest.fixture
def import_(fluxo, service, tmp_path, monkeypatch):
    """Import a text as a file, or an existing one by its path."""
    monkeypatch.setattr("fluxo_cli.api.client._BULK_BACKOFF_S", (0.0, 0.0, 0.0))

    def run(text, *arguments, name="sales.csv"):
        file = tmp_path / name
        file.write_text(text, newline="")
        return fluxo("entries", "import", str(file), *arguments, "--entries-url", service.url, "--token", "t")

    return run


def finds_nothing_wrong(service, batches=1):
    """The answers from the beginning to the last check; what comes then is the test's to say."""
    service.answers.clear()
    service.answers_with(200, MERCHANT)
    for _ in range(batches):
        service.answers_with(200, CHECKED)


def bulks(service, mode="atomic"):
    sent = [request.body for request in service.requests if request.path == "/v1/entries/bulk"]
    return [bulk for bulk in sent if bulk["mode"] == mode]


def refused(*errors):
    return {"status": 422, "problem": {"errors": [{"pointer": f"/{field}", "detail": why} for field, why in errors]}}


def keys(service):
    return [item["idempotency_key"] for bulk in bulks(service) for item in bulk["entries"]]


def test_a_file_is_recorded_in_one_step(import_, service):
    finds_nothing_wrong(service)
    service.answers_with(201, SENT)
    outcome = import_(TWO_SALES)
    assert outcome.exit_status == 0, outcome.err
    (bulk,) = bulks(service)
    assert bulk["mode"] == "atomic"
    assert [{name: item[name] for name in item if name != "idempotency_key"} for item in bulk["entries"]] == [
        {"direction": "credit", "amount": "10.00", "business_date": "2026-11-20", "description": "Pão"},
        {"direction": "debit", "amount": "2.50", "business_date": "2026-11-21", "description": "Leite"},
    ]
    assert outcome.out.endswith(
        "sales.csv: 2 entries of 2026-11-20 to 2026-11-21, 10.00 BRL in and 2.50 BRL out. "
        "All are recorded: 2 now, 0 by an earlier request.\n"
    )


def test_the_same_entries_have_the_same_keys_however_the_file_is_written(import_, service):
    finds_nothing_wrong(service)
    service.answers_with(201, SENT)
    import_(TWO_SALES)
    finds_nothing_wrong(service)
    service.answers_with(201, SENT, Idempotent_Replayed="true")
    again = import_(
        "\ufeffbusiness_date;direction;description;amount\r\n"
        "20/11/2026;credit;Pão;10\r\n21/11/2026;debit;Leite;2,5\r\n;;;\r\n",
        "--json",
        name="again.csv",
    )
    assert len(set(keys(service))) == 2
    assert keys(service)[:2] == keys(service)[2:]
    assert json.loads(again.out) == {
        "entries": 2,
        "new": 0,
        "replayed": 2,
        "dry_run": False,
        "currency": "BRL",
        "total_credits": "10.00",
        "total_debits": "2.50",
        "from": "2026-11-20",
        "to": "2026-11-21",
    }


def test_twins_in_one_file_are_two_entries_and_a_changed_file_is_another(import_, service):
    finds_nothing_wrong(service)
    service.answers_with(201, SENT)
    import_(TWO_SALES + "debit,2.50,2026-11-21,Leite\n")
    finds_nothing_wrong(service)
    service.answers_with(201, SENT)
    import_(TWO_SALES)
    assert len(set(keys(service))) == 5


def test_an_entrys_own_key_is_used_and_the_service_does_not_tell_what_is_new(import_, service):
    finds_nothing_wrong(service)
    service.answers_with(201, SENT)
    text = "direction,amount,business_date,description,idempotency_key\ncredit,1.00,2026-11-20,x,till-1\n"
    outcome = import_(text + "credit,1.00,2026-11-20,x,\n", "--json")
    assert keys(service)[0] == "till-1"
    assert keys(service)[1].startswith("import-")
    assert (json.loads(outcome.out)["new"], json.loads(outcome.out)["replayed"]) == (None, None)


def test_one_key_on_two_lines_would_lose_one_of_them(import_, service):
    finds_nothing_wrong(service)
    text = "direction,amount,business_date,description,idempotency_key\n" + "credit,1.00,2026-11-20,x,till-1\n" * 2
    outcome = import_(text)
    assert outcome.exit_status == 1
    assert "line 3, idempotency_key: It is that of line 2 too." in outcome.err
    assert bulks(service) == []


def test_every_bad_line_is_named_and_nothing_is_recorded(import_, service):
    service.answers_with(200, MERCHANT)
    verdicts = [{"status": 200}, refused(("direction", "A direction."), ("amount", "An amount.")), {"status": 200}]
    service.answers_with(200, {"items": verdicts})
    outcome = import_(
        "direction,amount,business_date,description\n"
        "credit,10.00,2026-11-22,Pão\n"
        "entrada,0,2026-11-23,\n"
        "credit,10.00\n"
        "credit,10.00,,Pão\n"
    )
    assert outcome.exit_status == 1
    assert outcome.err.splitlines()[:5] == [
        "fluxo: 4 things are not right, and nothing was recorded.",
        "  • line 3, direction: A direction.",
        "  • line 3, amount: An amount.",
        "  • line 4: It has 2 cells, and the first line names 4 columns.",
        "  • line 5, business_date: It has no date: write one, or give --date for all that have none.",
    ]
    assert bulks(service) == []


def test_what_the_reader_said_of_a_cell_is_not_said_again_by_the_service(import_, service):
    service.answers_with(200, MERCHANT)
    service.answers_with(200, {"items": [refused(("amount", "An amount."), ("category", "Too long."))]})
    outcome = import_("direction,amount,business_date,description\ncredit,1.234,2026-11-22,Pão\n")
    assert "line 2, amount: 1.234 can be read in two ways" in outcome.err
    assert "line 2, category: Too long." in outcome.err
    assert "An amount." not in outcome.err


def test_a_cell_that_would_fill_a_bulk_by_itself_is_named_and_the_others_are_checked(import_, service):
    finds_nothing_wrong(service)
    outcome = import_(TWO_SALES + f"credit,1.00,2026-11-20,{'x' * 100_000}\n")
    assert "line 4: It is far longer than an entry may be." in outcome.err
    assert [len(bulk["entries"]) for bulk in bulks(service, "check")] == [2]


def test_a_dry_run_checks_and_records_nothing(import_, service):
    finds_nothing_wrong(service)
    outcome = import_(TWO_SALES, "--dry-run")
    assert outcome.exit_status == 0
    assert "nothing was recorded" in outcome.out
    assert len(bulks(service, "check")) == 1
    assert bulks(service) == []


def test_a_file_that_is_not_there_is_named(fluxo):
    outcome = fluxo("entries", "import", "none.csv", "--token", "t")
    assert outcome.exit_status == 1
    assert outcome.err == "fluxo: none.csv cannot be read: No such file or directory.\n"


def test_standard_input_is_read(fluxo, service, monkeypatch):
    finds_nothing_wrong(service)
    service.answers_with(201, SENT)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TWO_SALES.encode())))
    outcome = fluxo("entries", "import", "-", "--entries-url", service.url, "--token", "t")
    assert outcome.out.startswith("standard input: 2 entries")


def test_a_header_without_entries_is_no_mistake(import_, service):
    finds_nothing_wrong(service)
    outcome = import_("direction,amount,description\n")
    assert (outcome.exit_status, bulks(service)) == (0, [])
    assert "0 entries" in outcome.out


EXPORTED = (
    "id,direction,amount,currency,business_date,description,category,reverses,reversed_by,recorded_at\n"
    f"{ID},credit,150.00,BRL,2026-11-22,Venda,,,,2026-11-22T14:32:10.123456Z\n"
)


def test_an_export_of_another_merchant_is_recorded_without_its_ids(import_, service, entry):
    finds_nothing_wrong(service)
    service.answers_with(200, {"items": [entry | {"id": OTHER_ID}], "next": "more"})
    service.answers_with(200, {"items": [], "next": None})
    service.answers_with(201, SENT)
    outcome = import_(EXPORTED)
    assert outcome.exit_status == 0, outcome.err
    assert [request.path for request in service.requests[2:4]] == [
        "/v1/entries?limit=500", "/v1/entries?limit=500&cursor=more"
    ]  # fmt: skip
    ((item,),) = (bulk["entries"] for bulk in bulks(service))
    assert set(item) == {"idempotency_key", "direction", "amount", "business_date", "description"}


def test_an_export_of_the_same_merchant_is_not_recorded_a_second_time(import_, service, entry):
    finds_nothing_wrong(service)
    service.answers_with(200, {"items": [entry], "next": "more"})
    outcome = import_(EXPORTED)
    assert outcome.exit_status == 1
    assert f"This merchant has these entries already: {ID} in line 2 is one of its own" in outcome.err
    assert bulks(service) == []


def test_own_entries_below_those_of_another_merchant_are_found(import_, service, entry):
    service.answers_with(200, MERCHANT)
    service.answers_with(200, CHECKED)
    service.answers_with(200, {"items": [entry | {"id": ID}], "next": None})
    head, own = EXPORTED.splitlines()
    outcome = import_(
        "\n".join([head, own.replace(ID, OTHER_ID), own.replace(ID, "till-7"), own.replace(ID, ID.upper())])
    )
    assert outcome.exit_status == 1
    assert f"{ID} in line 4 is one of its own" in outcome.err
    assert bulks(service) == []


def test_of_many_wrong_lines_twenty_are_shown_and_a_file_names_all(import_, service, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    service.answers_with(200, MERCHANT)
    outcome = import_("direction,amount,business_date,description\n" + "credit\n" * 3_000)
    lines = outcome.err.splitlines()
    assert (outcome.exit_status, len(lines)) == (1, 22)
    assert lines[0] == "fluxo: 3,000 things are not right, and nothing was recorded."
    assert "… and 2,980 more" in lines[-1]
    (file,) = tmp_path.glob("fluxo-import-*.txt")
    assert str(file) in lines[-1]
    assert len(file.read_text().splitlines()) == 3_000


def test_an_overloaded_service_is_asked_again_with_the_same_keys(import_, service):
    finds_nothing_wrong(service)
    service.answers_with(503, OVERLOADED, Retry_After="0")
    service.hangs_up()
    service.answers_with(201, SENT)
    assert import_(TWO_SALES).exit_status == 0
    first, second, third = bulks(service)
    assert first == second == third


def test_many_entries_go_in_batches_and_what_stops_says_how_far_it_came(import_, service, monkeypatch):
    monkeypatch.setattr("fluxo_cli.files.importing._BATCH_ENTRIES_MAX", 2)
    finds_nothing_wrong(service, batches=3)
    service.answers_with(201, SENT)
    service.hangs_up()
    rows = "".join(f"credit,{number}.00,2026-11-20,x\n" for number in range(1, 6))
    outcome = import_("direction,amount,business_date,description\n" + rows)
    assert outcome.exit_status == 3
    assert "2 of 5 entries are known to be recorded, those up to line 3." in outcome.err
    assert "The same command, given again" in outcome.err
    assert [len(bulk["entries"]) for bulk in bulks(service)] == [2, 2, 2, 2, 2]

    finds_nothing_wrong(service, batches=3)
    service.answers_with(201, SENT, Idempotent_Replayed="true")
    service.answers_with(201, SENT)
    service.answers_with(201, SENT)
    again = import_("direction,amount,business_date,description\n" + rows)
    assert "All are recorded: 3 now, 2 by an earlier request." in again.out
    assert len(set(keys(service))) == 5


def test_a_batch_has_no_more_bytes_than_the_service_takes(import_, service, monkeypatch):
    monkeypatch.setattr("fluxo_cli.files.importing._BATCH_BYTES_MAX", 550)
    finds_nothing_wrong(service, batches=3)
    service.answers_with(201, SENT)
    rows = "".join(f"credit,{number}.00,2026-11-20,{'x' * 60}\n" for number in range(1, 6))
    assert import_("direction,amount,business_date,description\n" + rows).exit_status == 0
    assert [len(bulk["entries"]) for bulk in bulks(service)] == [2, 2, 1]


def test_what_the_service_refuses_is_told_by_its_line(import_, service, monkeypatch):
    monkeypatch.setattr("fluxo_cli.files.importing._BATCH_ENTRIES_MAX", 1)
    finds_nothing_wrong(service, batches=2)
    service.answers_with(201, SENT)
    service.answers_with(
        422,
        {
            "title": "Idempotency key reused",
            "errors": [{"pointer": "/entries/0/idempotency_key", "detail": "It was used before with another request."}],
        },
    )
    outcome = import_(TWO_SALES)
    assert outcome.exit_status == 1
    assert "• line 3, idempotency_key: It was used before" in outcome.err
    assert "1 of 2 entries are known to be recorded, those up to line 2." in outcome.err
    assert "would be refused again: put right what is named." in outcome.err
    assert "take out what is recorded" in outcome.err
    assert "goes on from there" not in outcome.err


@pytest.mark.parametrize(
    ("status", "what_helps"),
    [
        (401, "with a token that may write goes on from there"),
        (403, "with a token that may write goes on from there"),
        (409, "would be refused again"),
        (413, "would be refused again"),
        (429, "The same command, given again with the same file, goes on from there"),
        (500, "The same command, given again with the same file, goes on from there"),
        (503, "The same command, given again with the same file, goes on from there"),
    ],
)
def test_what_stops_an_import_says_whether_the_same_command_helps(import_, service, status, what_helps):
    service.answers_with(200, MERCHANT)
    service.answers_with(200, CHECKED)
    for _ in range(4):
        service.answers_with(status, {"title": "No"}, Retry_After="0")
    assert what_helps in import_(TWO_SALES).err
