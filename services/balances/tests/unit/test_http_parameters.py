from uuid import uuid4

import pytest

pytestmark = pytest.mark.anyio

RANGE = "/v1/daily-balances"
ENTRY_ID = "019ac5a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize("day", ["1900-01-01", "9999-12-31", "2024-02-29"])
async def test_dates_from_1900_to_9999_have_a_balance(service, day):
    assert (await service.http.get(f"/v1/daily-balances/{day}")).json()["date"] == day


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2026-13-01", "1899-12-31", "22-11-2026", "20261122", "2026-11-22T00:00:00", "1700000000", "today",
     "2026-11-22%0A", "2026-W47-7", "٢٠٢٦-11-22"],
)  # fmt: skip
async def test_what_is_no_date_is_refused(service, day):
    answer = await service.http.get(f"/v1/daily-balances/{day}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/validation"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["{date}"]


@pytest.mark.parametrize(
    ("params", "pointers"),
    [
        ({}, ["?from", "?to"]),
        ({"from": "2026-11-01"}, ["?to"]),
        ({"from": "x", "to": "2026-02-30"}, ["?from", "?to"]),
        ({"from": "2026-11-22", "to": "2026-11-21"}, ["?from", "?to"]),
        ({"from": "2016-01-01", "to": "2026-11-22"}, ["?to"]),
        ({"from": "2026-11-01", "to": "2026-11-22", "page": "2", "after_entry": "7"}, ["?after_entry", "?page"]),
        ({"from": "2026-11-01", "to": "2026-11-22", "after_entry": "{" + str(uuid4()) + "}"}, ["?after_entry"]),
    ],
)
async def test_every_bad_parameter_of_a_range_is_named(service, params, pointers):
    for path in (RANGE, "/v1/category-totals"):
        answer = await service.http.get(path, params=params)
        assert answer.status_code == 422
        assert sorted(error["pointer"] for error in answer.json()["errors"]) == pointers


@pytest.mark.parametrize(
    ("path", "pointers"),
    [
        (f"{RANGE}?from=2026-11-01&to=2026-11-22&from=2026-11-02", ["?from"]),
        (f"{RANGE}?from=2026-11-01&from=2026-11-01&to=2026-11-22&to=2026-11-22", ["?from", "?to"]),
        (f"{RANGE}/2026-11-22?after_entry={ENTRY_ID}&after_entry={ENTRY_ID}", ["?after_entry"]),
    ],
)
async def test_a_parameter_given_twice_is_named(service, path, pointers):
    answer = await service.http.get(path)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def test_ten_years_are_served_and_kept_out_of_the_cache(service, november, memory_cache):
    answer = await service.http.get(RANGE, params={"from": "2016-11-16", "to": "2026-11-22"})
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 3_659
    assert answer.headers["cache-status"] == "fluxo; fwd=bypass"
    assert not memory_cache.answers
