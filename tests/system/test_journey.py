"""A merchant records what came in and went out, and reads its days."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

TODAY_OR_SO = date(2026, 3, 10)
DAY = timedelta(days=1)


def test_an_entry_is_part_of_its_day_and_of_every_later_opening(merchant):
    entry = merchant.record("credit", "150.00", TODAY_OR_SO)

    day = merchant.day(TODAY_OR_SO, after=entry["id"])

    assert day == {
        "date": "2026-03-10",
        "currency": "BRL",
        "opening_balance": "0.00",
        "total_credits": "150.00",
        "total_debits": "0.00",
        "net": "150.00",
        "closing_balance": "150.00",
        "entry_count": 1,
        "as_of": entry["recorded_at"],
    }
    assert merchant.day(TODAY_OR_SO + 400 * DAY)["opening_balance"] == "150.00"


def test_balances_show_the_currency_before_the_first_entry_and_amounts_its_decimals(system, merchant):
    merchant.day(TODAY_OR_SO)  # an answer that is kept
    change = merchant.http.patch(f"{system.entries_url}/v1/merchant", json={"currency": "KWD"})
    assert change.status_code == 200

    system.until(lambda: merchant.day(TODAY_OR_SO)["currency"] == "KWD", 10)

    assert merchant.day(TODAY_OR_SO)["closing_balance"] == "0.000"
    entry = merchant.record("credit", "1.5", TODAY_OR_SO)
    assert (entry["amount"], merchant.day(TODAY_OR_SO, after=entry["id"])["closing_balance"]) == ("1.500", "1.500")
    assert merchant.days(TODAY_OR_SO, TODAY_OR_SO)["items"][0]["total_credits"] == "1.500"


def test_a_back_dated_entry_moves_every_later_day_and_no_earlier_one(merchant):
    merchant.record("credit", "100.00", TODAY_OR_SO)
    late = merchant.record("debit", "30.00", TODAY_OR_SO - 45 * DAY)

    days = merchant.days(TODAY_OR_SO - 46 * DAY, TODAY_OR_SO, after=late["id"])["items"]

    assert [days[0]["closing_balance"], days[1]["closing_balance"], days[-1]["opening_balance"]] == [
        "0.00",
        "-30.00",
        "-30.00",
    ]
    assert days[-1]["closing_balance"] == "70.00"


def test_a_reversal_takes_the_entry_out_of_its_day_and_leaves_both_to_be_seen(merchant):
    entry = merchant.record("debit", "19.90", TODAY_OR_SO)
    reversal = merchant.reverse(entry["id"])

    day = merchant.day(TODAY_OR_SO, after=reversal["id"])

    assert (day["total_credits"], day["total_debits"], day["closing_balance"]) == ("19.90", "19.90", "0.00")
    assert day["entry_count"] == 2
    listed = {item["id"]: item for item in merchant.entries()}
    assert listed[entry["id"]]["reversed_by"] == reversal["id"]
    assert listed[reversal["id"]]["reverses"] == entry["id"]


def test_thirty_two_posts_with_one_key_at_once_record_one_entry(merchant):
    key = str(uuid4())
    body = {"direction": "credit", "amount": "10.00", "business_date": "2026-03-10", "description": "Venda"}
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: merchant.post("/v1/entries", body, key), range(32)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(merchant.entries()) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert merchant.day(TODAY_OR_SO, after=answers[0].json()["id"])["entry_count"] == 1


def test_the_page_beside_the_services_may_call_them_from_a_browser(system, merchant):
    page = system.entries_url.rpartition(":")[0] + f":{int(system.entries_url.rpartition(':')[2]) - 1}"
    asked = {"Origin": page, "Access-Control-Request-Method": "POST"}
    for url in (f"{system.entries_url}/v1/entries", f"{system.balances_url}/v1/daily-balances/2026-03-10"):
        assert merchant.http.options(url, headers=asked).status_code == 204
        for _ in range(2):  # The second balance takes the fast path.
            answer = merchant.http.get(url, headers={"Origin": page})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, page)


def test_a_merchant_never_sees_another_ones_entries_or_balances(system, merchant):
    entry = merchant.record("credit", "1.00", TODAY_OR_SO)
    merchant.day(TODAY_OR_SO, after=entry["id"])
    stranger = system.merchant()

    assert stranger.http.get(f"{system.entries_url}/v1/entries/{entry['id']}").status_code == 404
    assert stranger.post(f"/v1/entries/{entry['id']}/reversal", {"reason": "x"}, "k").status_code == 404
    assert stranger.entries() == []
    assert stranger.day(TODAY_OR_SO)["closing_balance"] == "0.00"


def test_a_bulk_of_entries_counts_each_once_also_when_it_is_sent_twice(merchant):
    items = [
        {
            "idempotency_key": f"row-{number}",
            "direction": "credit" if number % 3 else "debit",
            "amount": f"{number}.01",
            "business_date": (TODAY_OR_SO - number % 40 * DAY).isoformat(),
            "description": f"Linha {number}",
        }
        for number in range(1, 1001)
    ]
    first = merchant.post("/v1/entries/bulk", {"mode": "atomic", "entries": items})
    again = merchant.post("/v1/entries/bulk", {"mode": "partial", "entries": items})

    assert (first.status_code, again.status_code) == (201, 207)
    assert [item["entry"]["id"] for item in again.json()["items"]] == [item["id"] for item in first.json()["items"]]
    expected = sum((number * 100 + 1) * (1 if number % 3 else -1) for number in range(1, 1001))
    # A bulk is written in the keys' order, and applied in that order, some at a time.
    applied_last = max(range(1000), key=lambda index: str(items[index]["idempotency_key"]))
    closing = merchant.day(TODAY_OR_SO, after=first.json()["items"][applied_last]["id"])["closing_balance"]
    assert closing.replace(".", "") == str(expected)


def test_an_unchanged_day_answers_304_and_a_changed_one_does_not(merchant):
    entry = merchant.record("credit", "5.00", TODAY_OR_SO)
    merchant.day(TODAY_OR_SO, after=entry["id"])
    url = f"{merchant.system.balances_url}/v1/daily-balances/{TODAY_OR_SO}"
    etag = merchant.http.get(url).headers["ETag"]

    assert merchant.http.get(url, headers={"If-None-Match": etag}).status_code == 304
    later = merchant.record("credit", "5.00", TODAY_OR_SO)
    merchant.day(TODAY_OR_SO, after=later["id"])
    assert merchant.http.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_the_trace_of_a_request_reaches_the_event(system, merchant):
    trace_id = uuid4().hex
    response = merchant.http.post(
        f"{system.entries_url}/v1/entries",
        json={"direction": "credit", "amount": "1.00", "description": "Venda"},
        headers={"Idempotency-Key": "traced", "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"},
    )
    merchant.day(response.json()["business_date"], after=response.json()["id"])

    def is_told(name: str) -> bool:
        return trace_id in (system.data_dir / "logs" / f"{name}.log").read_text()

    # A request's line is written a moment after its answer.
    system.until(lambda: is_told("entries-api-1"), 10)
