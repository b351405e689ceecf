import pytest

pytestmark = pytest.mark.anyio


async def test_a_merchant_starts_with_the_defaults(api):
    response = await api.get("/v1/merchant")
    assert response.status_code == 200
    assert response.json() == {
        "merchant_id": "padaria",
        "name": "padaria",
        "currency": "BRL",
        "time_zone": "America/Sao_Paulo",
    }


async def test_what_is_named_changes_and_the_rest_stays(api):
    await api.patch("/v1/merchant", {"name": " Padaria Sol "})
    response = await api.patch("/v1/merchant", {"time_zone": "Pacific/Kiritimati", "currency": "EUR"})
    assert response.status_code == 200
    assert response.json() == (await api.get("/v1/merchant")).json()
    assert list(response.json().values()) == ["padaria", "Padaria Sol", "EUR", "Pacific/Kiritimati"]


async def test_a_new_time_zone_moves_today(api, sale):
    tomorrow = sale | {"business_date": "2026-11-23"}
    assert (await api.post("/v1/entries", tomorrow)).status_code == 422
    await api.patch("/v1/merchant", {"time_zone": "Pacific/Kiritimati"})
    assert (await api.post("/v1/entries", tomorrow)).status_code == 201


async def test_the_currency_is_fixed_once_there_are_entries(api, sale):
    await api.post("/v1/entries", sale)
    response = await api.patch("/v1/merchant", {"currency": "USD"})
    assert (response.status_code, response.json()["type"]) == (409, "/problems/currency-fixed")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\x00"}, "/name"),
        ({"name": 5}, "/name"),
        ({"currency": "CLP"}, "/currency"),
        ({"currency": "brl"}, "/currency"),
        ({"currency": None}, "/currency"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"time_zone": None}, "/time_zone"),
        ({"merchant_id": "banca"}, "/merchant_id"),
    ],
)
async def test_a_bad_field_is_named(api, body, pointer):
    response = await api.patch("/v1/merchant", body)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
