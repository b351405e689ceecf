"""A bank's file becomes entries: each line once, in however many files it comes and whatever process dies."""

import os
import signal
from collections import Counter
from datetime import date

import httpx2
import pytest

HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\n"
DAY = "2026-03-10"
DAY_OF_ENTRY = date(2026, 3, 10)
MANY = 20_000
KILLED_AT = (2_000, 8_000, 14_000)


def transaction(number, amount="10.00"):
    return (
        f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260310120000[-3:BRT]<TRNAMT>{amount}<FITID>{number:06d}"
        f"<MEMO>Venda {number}</STMTTRN>"
    )


def ofx(*transactions):
    account = "<BANKACCTFROM><BANKID>0341<ACCTID>12345-6<ACCTTYPE>CHECKING</BANKACCTFROM>"
    lines = "".join(transactions)
    return (
        f"{HEAD}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>BRL{account}<BANKTRANLIST><DTSTART>20260301"
        f"<DTEND>20260331{lines}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


@pytest.fixture
def import_(system, merchant, tmp_path):
    """Import a file by the command; return what it says was recorded."""

    def run(content, *arguments, ends_with=0):
        file = tmp_path / "extrato.ofx"
        file.write_text(content, encoding="cp1252")
        whose = ("--merchant", merchant.merchant_id)
        ran = system.cli("entries", "import", str(file), "--yes", *whose, *arguments)
        assert ran.returncode == ends_with, ran.stderr + ran.stdout
        return ran.stdout.strip().rpartition(": ")[2]

    return run


def test_an_export_again_and_a_longer_one_add_what_is_new(import_, merchant):
    first = [transaction(number) for number in range(5)]
    assert import_(ofx(*first)) == "5 entries recorded."
    assert import_(ofx(*first) + "\n") == "0 entries recorded, 5 there already."
    longer = [transaction(number) for number in range(15)]
    assert import_(ofx(*reversed(longer))) == "10 entries recorded, 5 there already."
    twin = [*longer, transaction(3)]
    assert import_(ofx(*twin)) == "1 entry recorded, 15 there already."
    assert import_(ofx(*twin) + "\n") == "0 entries recorded, 16 there already."
    entries = merchant.entries()
    assert Counter(entry["description"] for entry in entries) == Counter(f"Venda {n}" for n in [*range(15), 3])
    day = merchant.day(DAY, after=max(entry["id"] for entry in entries))
    assert (day["total_credits"], day["entry_count"]) == ("160.00", 16)


def test_an_entry_that_somebody_typed_stands_for_one_line(import_, merchant):
    merchant.record("credit", "10.00", DAY_OF_ENTRY, description="Venda 1")
    assert import_(ofx(transaction(1), transaction(1))) == "1 entry recorded, 1 there already."


def test_lines_that_are_not_right_are_named_and_the_others_recorded(import_, merchant):
    sheet = "Data;Histórico;Valor\n10/03/2026;Pão;1.234,56\n31/02/2026;Nunca;1,00\n10/03/2999;Cedo;2,00\n"
    said = import_(sheet, "--category", "banco", ends_with=1)
    assert said == "1 entry recorded, 2 not recorded, for they are not right."
    url = f"{merchant.system.entries_url}/v1/imports"
    (imported,) = merchant.http.get(url).json()["items"]
    failed = merchant.http.get(f"{url}/{imported['id']}/failed-lines").text
    assert failed == "Data;Histórico;Valor\n31/02/2026;Nunca;1,00\n10/03/2999;Cedo;2,00\n"
    (entry,) = merchant.entries()
    assert (entry["amount"], entry["description"], entry["category"]) == ("1234.56", "Pão", "banco")


def test_what_is_no_statement_is_refused_with_a_sentence(import_, merchant):
    import_("%PDF-1.7\n", ends_with=1)
    assert merchant.entries() == []


def test_a_killed_service_goes_on_with_an_import_without_a_double_or_a_gap(system, merchant):
    """Three times, while it records: the next one goes on when the lease of the dead has run out."""
    url = f"{system.entries_url}/v1/imports"
    rows = (f"{n % 28 + 1:02d}/03/2026;Venda {n};{n % 90 + 1},{n % 100:02d}" for n in range(MANY))
    content = "\n".join(["Data;Histórico;Valor", *rows]).encode()
    location = merchant.http.post(url, content=content, headers={"Content-Type": "text/csv"}).headers["location"]

    def import_now():
        try:
            return merchant.http.get(f"{system.entries_url}{location}").json()
        except httpx2.TransportError:
            return {"state": "nobody answers", "line_reached": 0}

    system.until(lambda: import_now()["state"] == "ready")
    merchant.post(f"{location}/confirm", {"possible_duplicates": "skip"})
    killed = 0
    for line in KILLED_AT:
        system.until(lambda line=line: import_now()["line_reached"] >= line, every_s=0.01)
        killed += import_now()["state"] == "recording"
        os.kill(pid := system.pid("entries-api-1"), signal.SIGKILL)
        system.until(lambda pid=pid: system.ready() and system.pid("entries-api-1") != pid)
    system.until(lambda: import_now()["state"] == "done")
    assert killed, "it was recorded before anybody was killed"
    assert import_now()["recorded_count"] == MANY
    found = Counter(entry["description"] for entry in merchant.entries(limit=500))
    assert found == Counter(f"Venda {n}" for n in range(MANY))
