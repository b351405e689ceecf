"""Entries come from a file, each exactly once, and go into one from which they can come again."""

import csv
import io
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from tests.harness.processes import FLUXO, start

DAY = "2026-03-10"
DAY_BEFORE = date(2026, 3, 9)
BRAZILIAN = (
    "direction;amount;business_date;description;category\r\n"
    'credit;1.234,56;09/03/2026;"Venda balcão; ""à vista""";vendas\r\n'
    "credit;10,00;10/03/2026;Pão;vendas\r\n"
    "credit;10,00;10/03/2026;Pão;vendas\r\n"
    "debit;4,50;2026-03-10;Leite;\r\n"
)
MANY = 25_000


@pytest.fixture
def fluxo(system):
    """Runs a command as a merchant and returns what it printed; it must end as expected."""

    def run(merchant, *arguments, ends_with=0):
        ran = system.cli(*arguments, "--merchant", merchant.merchant_id)
        assert ran.returncode == ends_with, ran.stderr + ran.stdout
        return ran.stdout if ends_with == 0 else ran.stderr

    return run


def newest(merchant):
    return max(entry["id"] for entry in merchant.entries(limit=500))


def test_a_spreadsheet_is_recorded_once_however_often_it_is_imported(fluxo, merchant, tmp_path):
    file = tmp_path / "vendas.csv"
    file.write_bytes(b"\xef\xbb\xbf" + BRAZILIAN.encode())

    assert "nothing was recorded" in fluxo(merchant, "entries", "import", str(file), "--dry-run")
    assert merchant.entries() == []
    first = fluxo(merchant, "entries", "import", str(file))
    day = merchant.day(DAY, after=newest(merchant))
    again = fluxo(merchant, "entries", "import", str(file))

    assert "4 now, 0 by an earlier request" in first
    assert "0 now, 4 by an earlier request" in again
    assert len(merchant.entries()) == 4
    assert (day["opening_balance"], day["total_credits"], day["total_debits"], day["entry_count"]) == (
        "1234.56",
        "20.00",
        "4.50",
        3,
    )
    assert merchant.day(DAY) == day


def test_a_file_with_a_bad_line_records_nothing(fluxo, merchant, tmp_path):
    file = tmp_path / "vendas.csv"
    file.write_text(BRAZILIAN + "credit;1,00;10/03/2999;Cedo demais;\r\ncredit;1,00;31/02/2026;Nunca;\r\n", newline="")

    complaints = fluxo(merchant, "entries", "import", str(file), ends_with=1)

    assert "line 6, business_date" in complaints
    assert "line 7, business_date" in complaints
    assert merchant.entries() == []


def test_an_export_gives_another_merchant_the_same_days(system, fluxo, merchant, tmp_path):
    entry = merchant.record("credit", "100.00", DAY_BEFORE, description='Venda "à vista"; balcão, mesa 3')
    merchant.record("debit", "0.01", DAY_BEFORE)
    merchant.reverse(entry["id"])
    merchant.day(DAY, after=newest(merchant))
    other = system.merchant()
    file = tmp_path / "entries.csv"

    assert "3 entries" in fluxo(merchant, "entries", "export", "--output", str(file))
    refused = fluxo(other, "entries", "import", str(file), ends_with=1)
    own = fluxo(merchant, "entries", "import", str(file), "--unlink-reversals", ends_with=1)
    fluxo(other, "entries", "import", str(file), "--unlink-reversals")

    assert refused.count("--unlink-reversals") == 2
    assert "has these entries already" in own
    assert len(merchant.entries()) == 3
    taken = ("direction", "amount", "currency", "business_date", "description", "category")
    assert [[entry[name] for name in taken] for entry in by_text(other)] == [
        [entry[name] for name in taken] for entry in by_text(merchant)
    ]
    assert {entry["reverses"] for entry in other.entries()} == {None}
    other.day(DAY, after=newest(other))
    of_march = ("balances", "export", "--from", "2026-03-01", "--to", "2026-03-31")
    assert days(fluxo(other, *of_march)) == days(fluxo(merchant, *of_march))


def by_text(merchant):
    return sorted(merchant.entries(), key=lambda entry: (entry["description"], entry["amount"], entry["direction"]))


def days(text):
    """The days of an export, without the instant that each merchant has its own of."""
    return [{name: day[name] for name in day if name != "as_of"} for day in csv.DictReader(io.StringIO(text))]


def test_entries_and_days_come_as_json_lines_just_as_the_api_answers_them(fluxo, merchant):
    for number in range(3):
        merchant.record("credit", f"{number + 1}.00", DAY_BEFORE)
    merchant.day(DAY, after=newest(merchant))

    listed = fluxo(merchant, "entries", "export", "--json", "--from", DAY_BEFORE.isoformat())
    written = fluxo(merchant, "balances", "export", "--json", "--from", "2000-01-01", "--to", "2026-03-31")

    assert [json.loads(line) for line in listed.splitlines()] == merchant.entries()
    every_day = [json.loads(line) for line in written.splitlines()]
    assert len({day["date"] for day in every_day}) == len(every_day) == 9_587
    assert every_day[-22] == merchant.day(DAY)


@dataclass
class Between:
    """Passes on what is asked of the service, and does something before or after the n-th bulk that it records."""

    service: str
    url: str = ""
    bulks: int = 0
    before: dict[int, Callable[[], object]] = field(default_factory=dict)
    after: dict[int, Callable[[], object]] = field(default_factory=dict)


@contextmanager
def between(service: str) -> Iterator[Between]:
    state = Between(service)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_bulk = self.path.endswith("/bulk") and b'"mode":"check"' not in content[:20]
            state.bulks += is_bulk
            self.do(state.before, is_bulk)
            try:
                kept = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
                answer = httpx2.request(
                    self.command, state.service + self.path, content=content, headers=kept, timeout=30
                )
            except httpx2.TransportError:
                self.close_connection = True
                return
            self.do(state.after, is_bulk)
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Idempotent-Replayed", "Retry-After"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def do(self, deeds, is_bulk):
            if is_bulk and (deed := deeds.get(state.bulks)):
                deed()

        do_GET = do_POST = handle_any  # noqa: N815 - the library's names

        def log_message(self, format, *args):  # noqa: A002 - the library's name
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            """Whoever asked was killed: nobody is there to be answered."""

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_import_that_dies_and_a_service_that_dies_record_each_entry_once(system, tmp_path):
    """The importer is killed when its second batch is recorded, and before it hears of it. The command, given again,
    finds two batches there; before the third, the service is killed, and the import waits until it is back.
    """
    merchant = system.merchant()
    file = tmp_path / "many.csv"
    rows = "".join(f"credit,{number / 100:.2f},{DAY},Linha {number % 7}\n" for number in range(1, MANY + 1))
    file.write_text("direction,amount,business_date,description\n" + rows)
    with between(system.entries_url) as proxy:
        command = ["entries", "import", str(file), "--merchant", merchant.merchant_id, "--entries-url", proxy.url]
        importer = start(
            [*FLUXO, *command, "--data-dir", str(system.data_dir)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        proxy.after[2] = importer.kill
        assert importer.wait(60) == -signal.SIGKILL
        assert len(merchant.entries(limit=500)) == 20_000

        killed = system.pid("entries-api-1")
        proxy.before[5] = lambda: os.kill(killed, signal.SIGKILL)
        again = system.cli(*command)

    assert again.returncode == 0, again.stderr
    assert proxy.bulks > 5
    assert system.pid("entries-api-1") != killed
    assert "All are recorded: 5,000 now, 20,000 by an earlier request." in again.stdout
    day = merchant.day(DAY, after=newest(merchant))
    assert day["entry_count"] == MANY
    assert day["total_credits"].replace(".", "") == str(MANY * (MANY + 1) // 2)
    assert system.cli("verify", "--merchant", merchant.merchant_id).returncode == 0
