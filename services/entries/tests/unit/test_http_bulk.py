import json

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def item(sale):
    def item(key: str, **changes):
        return sale | {"idempotency_key": key} | changes

    return item


@pytest.fixture
def bulk(api):
    async def bulk(mode: str, *items):
        return await api.post("/v1/entries/bulk", {"mode": mode, "entries": list(items)}, key=None)

    return bulk


def pointers(response) -> list[str]:
    return [error["pointer"] for error in response.json()["errors"]]


async def test_a_member_given_twice_is_named_by_its_item(api, item, service):
    async def answer(mode):
        doubled = json.dumps(item("b"))[:-1] + ', "amount": "9.00", "amount": "9.00", "idempotency_key": "c"}'
        body = f'{{"mode": "{mode}", "entries": [{json.dumps(item("a"))}, {doubled}]}}'
        return await api.post(
            "/v1/entries/bulk", content=body.encode(), key=None, headers={"Content-Type": "application/json"}
        )

    atomic, checked = await answer("atomic"), await answer("check")
    assert (atomic.status_code, pointers(atomic)) == (422, ["/entries/1/amount", "/entries/1/idempotency_key"])
    assert service.entries == []
    partial = await answer("partial")
    for each, status in ((checked, 200), (partial, 201)):
        good, bad = each.json()["items"]
        assert (good["status"], bad["status"]) == (status, 422)
        assert [error["pointer"] for error in bad["problem"]["errors"]] == ["/amount", "/idempotency_key"]


async def test_a_key_of_two_entries_of_one_bulk_was_not_used_before(bulk, item, service):
    items = item("a"), item("a", amount="9.99")
    response = await bulk("atomic", *items)
    assert response.json()["type"] == "/problems/idempotency-key-reused"
    assert response.json()["detail"] == "One or more idempotency keys are given to two entries."
    assert response.json()["errors"] == [
        {"pointer": "/entries/1/idempotency_key", "detail": "It is that of /entries/0 too, which is another entry."}
    ]
    assert service.entries == []
    _, _, refused = (await bulk("partial", 7, *items)).json()["items"]
    assert refused["problem"]["detail"] == "The idempotency key is that of an earlier item too, which is another entry."
    assert len(service.entries) == 1


async def test_partial_answers_for_each_item_in_order(bulk, item, service):
    await bulk("atomic", item("used"), item("again"))
    response = await bulk(
        "partial",
        item("a"),
        item("b", amount=1, business_date="x"),
        "no object",
        item("c", business_date="2026-11-23"),
        item("used", amount="9.99"),
        item("again"),
        {key: value for key, value in item("d").items() if key != "idempotency_key"},
    )
    items = response.json()["items"]
    assert response.status_code == 207
    assert [each["status"] for each in items] == [201, 422, 422, 422, 422, 201, 422]
    assert [list(each) for each in items if each["status"] == 201] == [
        ["status", "entry"],
        ["status", "entry", "replayed"],
    ]
    problems = [each["problem"] for each in items if each["status"] == 422]
    assert [[error["pointer"] for error in problem.get("errors", [])] for problem in problems] == [
        ["/amount", "/business_date"],
        [""],
        ["/business_date"],
        [],
        ["/idempotency_key"],
    ]
    assert [problem["type"] for problem in problems].count("/problems/idempotency-key-reused") == 1
    assert all({"type", "title", "status", "detail", "trace_id"} <= problem.keys() for problem in problems)
    assert len(service.entries) == 3


async def test_an_items_problem_is_the_one_a_single_entry_would_get(api, bulk, item, sale):
    for changes in ({"amount": 5, "extra": 1}, {"business_date": "2026-11-23"}):
        alone = (await api.post("/v1/entries", sale | changes)).json()
        (in_bulk,) = (await bulk("partial", item("a", **changes))).json()["items"]
        assert in_bulk["problem"] | {"trace_id": ""} == alone | {"trace_id": ""}


async def test_check_answers_for_each_item_in_order_and_records_nothing(bulk, item, service):
    await bulk("atomic", item("used"))
    response = await bulk(
        "check",
        item("a"),
        item("b", amount=1, business_date="x"),
        "no object",
        item("c", business_date="2026-11-23"),
        item("used", amount="9.99"),
        item("", currency="USD"),
    )
    assert response.status_code == 200
    assert "idempotent-replayed" not in response.headers
    items = response.json()["items"]
    assert [each for each in items if each["status"] == 200] == [{"status": 200}, {"status": 200}]
    assert [[error["pointer"] for error in each.get("problem", {}).get("errors", [])] for each in items] == [
        [], ["/amount", "/business_date"], [""], ["/business_date"], [], ["/idempotency_key"]
    ]  # fmt: skip
    assert len(service.entries) == 1
    assert (await bulk("atomic", item("a"))).headers.get("idempotent-replayed") is None


async def test_check_refuses_what_partial_would_refuse_with_the_same_words(bulk, item):
    wrong = [item("a", amount="0"), item("b", business_date="2026-11-23"), 7, {}, item("c", currency="USD", extra=1)]
    checked, recorded = [(await bulk(mode, *wrong)).json()["items"] for mode in ("check", "partial")]
    for each in [*checked, *recorded]:
        each["problem"].pop("trace_id")
    assert checked == recorded


@pytest.mark.parametrize(("mode", "recorded"), [("atomic", 10_000), ("partial", 10_000), ("check", 0)])
async def test_ten_thousand_are_taken(bulk, item, mode, recorded, service):
    response = await bulk(mode, *(item(f"key-of-a-usual-length-{n:05}") for n in range(10_000)))
    assert response.is_success
    assert len(service.entries) == recorded


@pytest.mark.parametrize("mode", ["atomic", "partial", "check"])
async def test_the_answer_to_wrong_items_is_not_much_larger_than_they_are(bulk, item, mode, service):
    many = {f"{number}": 0 for number in range(16)}
    wrong = [item("a") | many] * 20
    response = await bulk(mode, *wrong)
    assert len(response.content) < 3 * len(json.dumps(wrong))
    if mode == "atomic":
        assert len(response.json()["errors"]) == 100
        assert response.json()["detail"].startswith("320 fields are not valid")
    else:
        problem = response.json()["items"][0]["problem"]
        assert len(problem["errors"]) == 8
        assert problem["detail"] == "16 fields are not valid: the first 8 are named, there are 8 more."
    assert service.entries == []


async def test_an_item_that_is_too_large_is_refused_alone(api, item, service):
    many, long = {f"{number}": 0 for number in range(40)}, {"x" * 1_000 + f"{number}": 0 for number in range(70)}
    entries = [item("a"), item("b") | many, item("c") | long, item("d")]
    body = {"mode": "partial", "entries": entries}
    response = await api.post("/v1/entries/bulk", body, key=None)
    assert [each["status"] for each in response.json()["items"]] == [201, 422, 422, 201]
    details = [each["problem"]["errors"] for each in response.json()["items"][1:3]]
    assert details == [[{"pointer": "", "detail": text}] for text in ("This has too many fields.", "It is too large.")]
    assert len(service.entries) == 2
