import json

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("field", ["direction", "amount", "description", "category", "currency", "business_date"])
async def test_a_member_given_twice_is_named_and_nothing_recorded(api, service, sale, field):
    once = json.dumps({"currency": "BRL"} | sale)
    for value in (json.dumps(sale.get(field, "BRL")), '"1.00"', "null"):
        body = f'{{"{field}": {value}, {once[1:]}'
        response = await api.post("/v1/entries", content=body.encode(), headers={"Content-Type": "application/json"})
        assert response.status_code == 422
        assert response.json()["errors"] == [{"pointer": f"/{field}", "detail": "It is given more than once."}]
    assert service.entries == []


@pytest.mark.parametrize(
    ("method", "path", "body", "pointers"),
    [
        ("PATCH", "/v1/merchant", '{"name": "a", "name": "b", "currency": "x", "currency": 1}', "/name /currency"),
        ("POST", "/v1/entries/{id}/reversal", '{"reason": "a", "reason": "b"}', "/reason"),
        ("POST", "/v1/entries/{id}/reversal", '{"reason": "a", "reason": "a", "business_date": null}', "/reason"),
        ("POST", "/v1/entries/bulk", '{"mode": "x", "mode": "atomic", "entries": 1, "entries": []}', "/mode /entries"),
        ("GET", "/v1/entries?from=2026-11-01&from=2026-11-02&limit=1&limit=1", None, "?from ?limit"),
    ],
)  # fmt: skip
async def test_a_name_given_twice_is_refused_wherever_it_stands(api, service, sale, method, path, body, pointers):
    address = (await api.post("/v1/entries", sale)).headers["location"]
    response = await api.client.request(
        method,
        path.replace("/v1/entries/{id}", address),
        content=body,
        headers={
            "Authorization": "Bearer padaria/entries:read,entries:write",
            "Idempotency-Key": "k",
            "Content-Type": "application/json",
        },
    )
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == pointers.split()
    assert len(service.entries) == 1
