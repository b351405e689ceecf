"""A month is recorded, closed, and handed out as a book that agrees with the balances to the cent."""

import csv
import io
from datetime import date

import httpx2

from tests.harness.system import SCOPES

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


def test_a_month_is_closed_and_its_book_agrees_with_the_balances(system, merchant, tmp_path):
    merchant.record("credit", "100.00", date(2026, 2, 27))
    for number in range(1, 32, 3):
        day = date(2026, 3, number)
        merchant.record("credit", f"{number}.0{number % 10}", day)
        merchant.record("debit", f"{number // 2}.99", day)
    scopes = (*SCOPES, "days:close", "days:manage")
    owner = {"Authorization": f"Bearer {system.token(merchant.merchant_id, scopes)}"}
    closes, book = f"{system.entries_url}/v1/day-closes", f"{system.entries_url}/v1/cash-book"
    with httpx2.Client(headers=owner, timeout=60) as http:
        system.until(lambda: http.post(closes, json={"date": MARCH["to"]}).status_code == 201, 30)
        (closed,) = http.get(closes).json()["items"]
        balances = http.get(f"{system.balances_url}/v1/daily-balances", params=MARCH).json()
        rows = list(csv.DictReader(io.StringIO(http.get(book, params=MARCH).text, newline="")))
        refused = http.post(
            f"{system.entries_url}/v1/entries",
            headers={"Idempotency-Key": "late"},
            json={"direction": "credit", "amount": "1.00", "business_date": MARCH["from"], "description": "Tarde"},
        )
    assert (refused.status_code, refused.json()["first_open_day"]) == (409, "2026-04-01")
    opening, closing = rows[0], rows[-1]
    assert opening["balance"] == balances["opening_balance"] == "100.00"
    assert closing["balance"] == balances["closing_balance"] == closed["closing_balance"]
    assert (closing["credit"], closing["debit"]) == (balances["total_credits"], balances["total_debits"])
    assert [(row["date"], row["credit"], row["debit"], row["balance"]) for row in rows if row["kind"] == "day"] == [
        (day["date"], day["total_credits"], day["total_debits"], day["closing_balance"])
        for day in balances["items"]
        if day["entry_count"]
    ]
    for form, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"kind,")):
        file = tmp_path / f"livro.{form}"
        ran = system.cli("cash-book", "--month", "2026-03", "--output", str(file), "--merchant", merchant.merchant_id)
        assert ran.returncode == 0, ran.stderr + ran.stdout
        assert file.read_bytes().startswith(begins)
