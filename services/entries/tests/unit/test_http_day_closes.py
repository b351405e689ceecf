from datetime import date

import pytest

pytestmark = pytest.mark.anyio

CLOSER = "days:close,days:manage,entries:read,entries:write"
YESTERDAY = "2026-11-21"
TODAY = "2026-11-22"


@pytest.fixture
def close(api):
    async def close(day=YESTERDAY, **more):
        return await api.post("/v1/day-closes", {"date": day}, key=None, scopes=CLOSER, **more)

    return close


@pytest.fixture
def reopen(api):
    async def reopen(day=YESTERDAY, **query):
        return await api.delete(f"/v1/day-closes/{day}", params={"reason": "Nota esquecida"} | query, scopes=CLOSER)

    return reopen


@pytest.fixture
def trail(api):
    async def trail():
        return (await api.get("/v1/day-closes")).json()

    return trail


def is_closed(answer, first_open_day=TODAY):
    body = answer.json()
    assert (answer.status_code, body["type"], body["status"]) == (409, "/problems/day-closed", 409)
    assert body["first_open_day"] == first_open_day
    return True


async def test_a_day_is_closed_with_its_balance(api, close, trail, sale):
    assert await trail() == {"closed_through": None, "items": []}
    await api.post("/v1/entries", sale | {"business_date": YESTERDAY})
    await api.post("/v1/entries", sale | {"business_date": "2026-11-01", "direction": "debit", "amount": "10.01"})
    answer = await close()
    assert answer.status_code == 201
    line = answer.json()
    assert line.pop("at").endswith("Z")
    assert line == {
        "number": 1,
        "action": "closed",
        "date": YESTERDAY,
        "closed_through": YESTERDAY,
        "by": "ana",
        "reason": None,
        "closing_balance": "139.99",
        "currency": "BRL",
    }
    assert await trail() == {"closed_through": YESTERDAY, "items": [answer.json()]}
    again = await close()
    assert (again.status_code, again.json()) == (200, answer.json())


async def test_what_is_sent_for_a_closed_day_is_told_the_first_open_one(api, close, sale):
    recorded = await api.post("/v1/entries", sale | {"business_date": YESTERDAY})
    await close()
    assert is_closed(await api.post("/v1/entries", sale | {"business_date": YESTERDAY}))
    assert is_closed(await api.post("/v1/entries", sale | {"business_date": "2020-02-29"}))
    reversal = f"{recorded.headers['location']}/reversal"
    assert is_closed(await api.post(reversal, {"reason": "Engano"}))
    assert (await api.post(reversal, {"reason": "Engano", "business_date": TODAY})).status_code == 201
    assert (await api.post("/v1/entries", sale)).status_code == 201


async def test_a_key_answers_as_before_its_day_was_closed(api, close, sale):
    body = sale | {"business_date": YESTERDAY}
    first = await api.post("/v1/entries", body, key="k")
    await close()
    again = await api.post("/v1/entries", body, key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert (await api.post("/v1/entries", sale, key="k")).json()["type"] == "/problems/idempotency-key-reused"


async def test_a_bulk_names_what_lies_in_closed_days(api, close, sale, service):
    await close()
    entries = [
        sale | {"idempotency_key": str(n), "business_date": day}
        for n, day in enumerate([TODAY, YESTERDAY, TODAY, "2026-11-01"])
    ]
    answer = await api.post("/v1/entries/bulk", {"mode": "atomic", "entries": entries}, key=None)
    assert is_closed(answer)
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/entries/1/business_date", "/entries/3/business_date"]
    assert service.entries == []

    checked = await api.post("/v1/entries/bulk", {"mode": "check", "entries": entries}, key=None)
    assert [item["status"] for item in checked.json()["items"]] == [200, 409, 200, 409]
    partial = await api.post("/v1/entries/bulk", {"mode": "partial", "entries": entries}, key=None)
    items = partial.json()["items"]
    assert [item["status"] for item in items] == [201, 409, 201, 409]
    assert (items[1]["problem"]["type"], items[1]["problem"]["first_open_day"]) == ("/problems/day-closed", TODAY)


async def test_today_may_be_closed_and_tomorrow_may_not(close, api, sale):
    assert (await close(TODAY)).status_code == 201
    assert is_closed(await api.post("/v1/entries", sale), "2026-11-23")
    answer = await close("2026-11-23")
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, ["/date"])


async def test_an_earlier_day_is_closed_already(close):
    await close()
    assert is_closed(await close("2026-11-20"))


async def test_what_is_not_consolidated_is_not_closed(close, service, trail):
    service.day_closes.is_consolidated = False
    answer = await close()
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-yet-consolidated")
    assert answer.headers["retry-after"] == "1"
    assert (await trail())["items"] == []


async def test_the_newest_closed_day_is_reopened_for_a_reason(api, close, reopen, trail, sale):
    await close("2026-11-20")
    await close()
    assert (await reopen("2026-11-20")).status_code == 404
    answer = await reopen()
    assert answer.status_code == 200
    line = answer.json()
    assert (line["number"], line["action"], line["closed_through"]) == (3, "reopened", "2026-11-20")
    assert (line["reason"], line["by"]) == ("Nota esquecida", "ana")
    assert (await api.post("/v1/entries", sale | {"business_date": YESTERDAY})).status_code == 201
    assert is_closed(await api.post("/v1/entries", sale | {"business_date": "2026-11-20"}), YESTERDAY)
    assert (await reopen()).status_code == 404
    assert [each["number"] for each in (await trail())["items"]] == [3, 2, 1]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"reason": ""}, "?reason"), ({"reason": "x" * 201}, "?reason"), ({"more": "1"}, "?more")],
)
async def test_a_reopening_without_a_good_reason_is_refused(close, reopen, query, pointer, service):
    await close()
    answer = await reopen(**query)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])
    assert service.memory.merchant("padaria").closed_through == date(2026, 11, 21)


@pytest.mark.parametrize("body", [{}, {"date": "21/11/2026"}, {"date": 5}, {"date": YESTERDAY, "reason": "x"}, []])
async def test_what_is_wrong_with_a_close_is_named(api, body, trail):
    answer = await api.post("/v1/day-closes", body, key=None, scopes=CLOSER)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation")
    assert (await trail())["items"] == []


async def test_a_day_that_is_none_is_named(reopen):
    answer = await reopen("yesterday")
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, ["{date}"])
