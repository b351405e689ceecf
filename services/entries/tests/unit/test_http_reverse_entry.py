import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def address(api, sale) -> str:
    return (await api.post("/v1/entries", sale | {"business_date": "2026-11-01"})).headers["location"]


async def test_a_reversal_shows_what_it_reverses_and_the_original_by_what(api, address):
    response = await api.post(f"{address}/reversal", {"reason": "Valor digitado errado"})
    reversal = response.json()
    original = (await api.get(address)).json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/entries/{reversal['id']}"
    assert reversal["reverses"] == original["id"]
    assert original["reversed_by"] == reversal["id"]
    assert (reversal["direction"], reversal["amount"], reversal["business_date"]) == ("debit", "150.00", "2026-11-01")
    assert reversal["description"] == "Valor digitado errado"


async def test_a_retry_replays(api, address):
    first = await api.post(f"{address}/reversal", {"reason": "Errado"}, key="r1")
    again = await api.post(f"{address}/reversal", {"reason": "Errado"}, key="r1")
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_reversed_already_and_reversals_of_reversals_are_conflicts(api, address):
    reversal = await api.post(f"{address}/reversal", {"reason": "Errado"})
    again = await api.post(f"{address}/reversal", {"reason": "Errado"})
    back = await api.post(f"{reversal.headers['location']}/reversal", {"reason": "De volta"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-reversed")
    assert (back.status_code, back.json()["type"]) == (409, "/problems/reversal-of-reversal")


@pytest.mark.parametrize(
    "entry_id", ["x", "019ac5a0-0000-7000-8000-00000000ffff", "{019ac5a0-0000-7000-8000-000000000001}"]
)
async def test_an_unknown_entry_is_not_found(api, address, entry_id):
    response = await api.post(f"/v1/entries/{entry_id}/reversal", {"reason": "Errado"})
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


async def test_another_merchants_entry_is_not_found(api, address):
    response = await api.post(f"{address}/reversal", {"reason": "Errado"}, merchant="banca")
    assert response.status_code == 404


async def test_a_reversal_needs_a_key(api, address):
    response = await api.post(f"{address}/reversal", {"reason": "Errado"}, key=None)
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/reason"),
        ({"reason": " "}, "/reason"),
        ({"reason": "x" * 201}, "/reason"),
        ({"reason": 1}, "/reason"),
        ({"reason": "x", "business_date": "2026-10-31"}, "/business_date"),
        ({"reason": "x", "business_date": "2026-11-23"}, "/business_date"),
        ({"reason": "x", "business_date": "2026-11-31"}, "/business_date"),
        ({"reason": "x", "amount": "1.00"}, "/amount"),
    ],
)
async def test_a_bad_field_is_named(api, address, body, pointer):
    response = await api.post(f"{address}/reversal", body)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
