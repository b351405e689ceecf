"""Files over HTTP: what is taken, what is shown of it, and what is refused."""

import asyncio
import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from fluxo_entries.application.importing.ports import ImportState
from fluxo_entries.application.importing.statements import StatementFormat
from fluxo_entries.entrypoints.http import failed_import_lines
from fluxo_entries.entrypoints.http.create_import import BODY_LIMIT_BYTES

from services.entries.tests.conftest import TRACEPARENT
from services.entries.tests.fake_imports import item_of

pytestmark = pytest.mark.anyio

LINES = "2026-11-20;10.00;Pão;a-1;acc\n2026-11-20;-4.50;Leite;a-2;acc\n2026-11-23;1.00;Cedo\n"
READS = ["", "/lines", "/failed-lines"]


@pytest.fixture
def upload(api):
    async def send(content=LINES, path="/v1/imports", key=None, **more):
        headers = {"Content-Type": "application/octet-stream"} | more.pop("headers", {})
        return await api.post(path, key=key, content=content, headers=headers, **more)

    return send


@pytest.fixture
def work(service):
    async def record():
        while await service.use_cases.record_imports(TRACEPARENT):
            pass

    return record


async def test_a_file_is_previewed_confirmed_and_recorded(api, upload, work, service):
    answer = await upload(path="/v1/imports?filename=extrato.ofx&account=Banco%20Sol")
    ready = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/imports/{ready['id']}")
    assert {name: ready[name] for name in ("state", "filename", "account", "format", "currency", "line_count")} == {
        "state": "ready",
        "filename": "extrato.ofx",
        "account": "Banco Sol",
        "format": "Tiny",
        "currency": "BRL",
        "line_count": 3,
    }
    assert ready["lines"] == {
        "new": {"count": 2, "credits": "10.00", "debits": "4.50"},
        "duplicate": {"count": 0, "credits": "0.00", "debits": "0.00"},
        "possible_duplicate": {"count": 0, "credits": "0.00", "debits": "0.00"},
        "invalid": {"count": 1, "credits": "1.00", "debits": "0.00"},
    }
    body = {"possible_duplicates": "skip", "category": "banco"}
    for _ in range(2):
        confirmed = await api.post(f"/v1/imports/{ready['id']}/confirm", body)
        assert (confirmed.status_code, confirmed.json()["state"]) == (202, "confirmed")
    await work()
    done = (await api.get(f"/v1/imports/{ready['id']}")).json()
    assert (done["state"], done["recorded_count"], done["possible_duplicates"]) == ("done", 2, "skip")
    assert sorted((each.description, each.category) for each in service.entries) == [
        ("Leite", "banco"),
        ("Pão", "banco"),
    ]
    assert (await api.get("/v1/imports")).json() == {"items": [done], "next": None}


async def test_lines_are_shown_in_pages_by_status(api, upload):
    path = (await upload()).headers["location"]
    first = (await api.get(f"{path}/lines?limit=2")).json()
    assert [line["description"] for line in first["items"]] == ["Pão", "Leite"]
    assert (first["items"][1]["direction"], first["items"][1]["amount"]) == ("debit", "4.50")
    last = (await api.get(f"{path}/lines?limit=2&cursor={first['next']}")).json()
    assert (len(last["items"]), last["next"]) == (1, None)
    (invalid,) = (await api.get(f"{path}/lines?status=invalid")).json()["items"]
    assert (invalid["place"], invalid["reason_code"], invalid["reason"], invalid["source"]) == (
        "line 3",
        "after_today",
        "The date is after today, 2026-11-22 in America/Sao_Paulo.",
        "2026-11-23;1.00;Cedo",
    )
    for query in ("status=odd", "cursor=odd", "limit=0", "odd=1"):
        assert (await api.get(f"{path}/lines?{query}")).status_code == 422


async def test_lines_that_cannot_be_recorded_come_as_a_file(api, upload):
    path = (await upload(LINES + "=1+1;odd\n")).headers["location"]
    answer = await api.get(f"{path}/failed-lines")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    header, early, odd = csv.reader(io.StringIO(answer.text))
    assert (header, early[0], early[2]) == (["place", "reason", "source"], "line 3", "2026-11-23;1.00;Cedo")
    assert odd[2] == "'=1+1;odd"


@pytest.mark.parametrize("tail", ["/lines", "/failed-lines"])
async def test_lines_are_kept_for_ninety_days(api, upload, work, service, tail):
    path = (await upload()).headers["location"]
    await api.post(f"{path}/confirm", {"possible_duplicates": "skip"})
    await work()
    service.clock.advance(days=90)
    assert (await api.get(path + tail)).status_code == 200
    service.clock.advance(seconds=1)
    answer = await api.get(path + tail)
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/import-lines-gone")
    assert "kept for 90 days" in answer.json()["detail"]
    assert (await api.get(path)).json()["recorded_count"] == 2


@pytest.fixture
def reads_csv(service, monkeypatch):
    """Lets the reader say CSV, the header above the lines, and so many items at a time."""

    def set_up(at_a_time):
        async def read(file, currency, _reading):
            file.seek(0)
            lines = file.read().decode().splitlines()
            items = [StatementFormat("CSV"), *(item_of(number, line) for number, line in enumerate(lines[1:], 2))]
            for first in range(0, len(items), at_a_time):
                yield items[first : first + at_a_time]

        monkeypatch.setattr(service.use_cases.preview_import._reader, "read", read)

    return set_up


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 100])
async def test_failed_lines_of_a_csv_stand_below_its_header(api, upload, reads_csv, at_a_time):
    reads_csv(at_a_time)
    path = (await upload(f"day;amount\n{LINES}odd;1\n")).headers["location"]
    answer = await api.get(f"{path}/failed-lines")
    assert answer.text == "day;amount\n2026-11-23;1.00;Cedo\nodd;1\n"


@pytest.fixture
def reads(service, monkeypatch):
    """Lets the reader say these items of any file."""

    def set_up(*items):
        async def read(_file, _currency, *_how):
            yield items

        monkeypatch.setattr(service.use_cases.preview_import._reader, "read", read)

    return set_up


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_failed_lines_of_a_csv_in_any_encoding_have_its_header(api, upload, reads, encoding, line_end):
    reads(StatementFormat("CSV"), item_of(2, "2026-11-23;1.00;Cedo"), item_of(3, "odd;é"))
    path = (await upload(f"dia;preço{line_end}any{line_end}".encode(encoding))).headers["location"]
    answer = await api.get(f"{path}/failed-lines")
    assert answer.text == f"dia;preço{line_end}2026-11-23;1.00;Cedo\nodd;é\n"


async def test_a_row_of_which_two_lines_fail_stands_once_among_them(api, upload, reads, monkeypatch):
    gross = item_of(2, "2026-11-23;10.00;Venda")
    fee = replace(item_of(2, "2026-11-20;-0.30;Taxa;;;;USD"), source=gross.source)
    reads(StatementFormat("CSV"), gross, fee, item_of(3, "odd;1"))
    path = (await upload("day;amount\n")).headers["location"]
    assert (await api.get(f"{path}/failed-lines")).text == "day;amount\n2026-11-23;10.00;Venda\nodd;1\n"
    reads(gross, fee, item_of(3, "odd;1"))
    monkeypatch.setattr(failed_import_lines, "PAGE_LINES", 1)
    path = (await upload("another")).headers["location"]
    _, sale, odd = csv.reader(io.StringIO((await api.get(f"{path}/failed-lines")).text))
    assert sale == [
        "line 2",
        "The date is after today, 2026-11-22 in America/Sao_Paulo. It is in USD. Your entries are in BRL.",
        "2026-11-23;10.00;Venda",
    ]
    assert odd[0] == "line 3"


async def test_lines_of_closed_days_come_as_they_stood_in_the_csv(api, upload, reads_csv, service):
    reads_csv(100)
    await service.day_closes.close("padaria", date(2026, 11, 20), "ana")
    path = (await upload(f"day;amount\n{LINES}")).headers["location"]
    assert (await api.get(f"{path}/failed-lines")).text == f"day;amount\n{LINES}"


async def test_lines_of_a_csv_that_only_recording_refused_are_named(api, upload, reads_csv, service, work):
    reads_csv(100)
    path = (await upload(f"day;amount\n{LINES}")).headers["location"]
    await api.post(f"{path}/confirm", {"possible_duplicates": "skip"})
    await service.day_closes.close("padaria", date(2026, 11, 20), "ana")
    await work()
    header, *lines = csv.reader(io.StringIO((await api.get(f"{path}/failed-lines")).text))
    assert header == ["place", "reason", "source"]
    assert [line[0::2] for line in lines] == [
        ["line 2", ""],
        ["line 3", ""],
        ["line 4", "2026-11-23;1.00;Cedo"],
    ]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="C:\\\\banco\\\\extrato.ofx"', "extrato.ofx"),
        ("attachment; filename*=UTF-8''novembro%20p%C3%A3o.csv", "novembro pão.csv"),
        ("attachment", "import"),
        ("odd\x80", "import"),
    ],
)
async def test_the_name_may_stand_in_a_header(upload, disposition, name):
    answer = await upload(headers={"Content-Disposition": disposition.encode("latin-1")})
    assert answer.json()["filename"] == name


async def test_the_same_file_is_the_same_import_until_it_is_confirmed(upload):
    first, again = await upload(), await upload(key="k-1")
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert "idempotent-replayed" not in first.headers


async def test_what_columns_mean_is_told_corrected_and_remembered(api, upload):
    content = "day;amount\n2026-11-20;1.00;Pão\n"
    ready = (await upload(content)).json()
    assert ready["columns"] == [{"name": "day", "meaning": "date"}, {"name": "amount", "meaning": "amount"}]
    assert (ready["columns_from"], ready["fees_apart"]) == ("header", False)
    given = await upload(content, path="/v1/imports?columns=date%3D%231,money_out%3Damount&fees_apart=true", key="k-1")
    assert given.json()["fees_apart"]
    assert (given.status_code, given.json()["columns_from"]) == (201, "given")
    assert given.json()["columns"][1] == {"name": "amount", "meaning": "money_out"}
    assert (await api.get(f"/v1/imports/{ready['id']}")).status_code == 404
    await api.post(f"/v1/imports/{given.json()['id']}/confirm", {"possible_duplicates": "skip"})
    later = (await upload("day;amount\n2026-11-21;1.00;Pão\n")).json()
    assert (later["columns_from"], later["columns"]) == ("remembered", given.json()["columns"])
    assert (await upload()).json()["columns"] is None


async def test_columns_that_there_are_not_are_refused_with_those_that_there_are(api, upload):
    answer = await upload(path="/v1/imports?columns=date%3DData,amount%3D%232")
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"pointer": "?columns", "detail": "There is no column 'Data'. The columns are: day, amount."}],
    )
    assert (await api.get("/v1/imports")).json()["items"] == []


async def test_a_key_that_came_with_another_file_is_refused(upload):
    await upload(key="k-1")
    answer = await upload("2026-11-20;1.00;Outro", key="k-1")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_file_that_cannot_be_read_says_why(api, upload):
    failed = (await upload("unreadable")).json()
    assert (failed["state"], failed["reason"]) == ("failed", "This is no statement that can be read here.")
    answer = await api.post(f"/v1/imports/{failed['id']}/confirm", {"possible_duplicates": "skip"})
    assert (answer.status_code, answer.json()["detail"]) == (409, failed["reason"])
    assert (await api.delete(f"/v1/imports/{failed['id']}")).status_code == 204
    assert (await api.get(f"/v1/imports/{failed['id']}")).status_code == 404


async def test_a_confirmed_one_is_not_removed(api, upload):
    path = (await upload()).headers["location"]
    await api.post(f"{path}/confirm", {"possible_duplicates": "skip"})
    answer = await api.delete(path)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/import-confirmed")


async def test_one_whose_file_is_still_read_is_neither_confirmed_nor_removed(api, upload, service):
    path = (await upload()).headers["location"]
    (found,) = service.memory.imports.values()
    service.imports._change(found.id, ImportState.READY, state=ImportState.PARSING)
    for answer in (await api.post(f"{path}/confirm", {"possible_duplicates": "skip"}), await api.delete(path)):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/import-not-ready")


@pytest.mark.parametrize("tail", READS)
async def test_another_merchants_import_is_not_there(api, upload, tail):
    path = (await upload()).headers["location"]
    assert (await api.get(path + tail)).status_code == 200
    assert (await api.get(path + tail, merchant="farmacia")).status_code == 404


async def test_who_may_not_write_sends_nothing(upload, service):
    async def body():
        pytest.fail("nothing of the body is read")
        yield b""

    answer = await upload(body(), scopes="entries:read")
    assert answer.status_code == 403
    assert service.memory.imports == {}


async def test_what_is_too_large_is_refused_also_where_no_length_is_told(upload, service):
    async def body():
        for _ in range(BODY_LIMIT_BYTES // (1 << 20) + 1):
            yield bytes(1 << 20)

    answer = await upload(body())
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert service.memory.imports == {}


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [(b"", "text/csv", 422), (b"x", "multipart/form-data; boundary=x", 415), (LINES, "application/x-ofx", 201)],
)
async def test_the_body_is_a_file_of_any_type_and_no_form(upload, content, media_type, status):
    assert (await upload(content, headers={"Content-Type": media_type})).status_code == status


async def test_one_file_of_a_merchant_is_taken_at_a_time(api, upload, service, monkeypatch):
    reader = service.use_cases.preview_import._reader

    async def hangs(file, currency, _reading):
        yield []
        await asyncio.Event().wait()

    monkeypatch.setattr(reader, "read", hangs)
    first = await upload()
    assert first.json()["state"] == "parsing"
    assert (await upload("2026-11-20;1.00;Outro")).status_code in {429, 503}
