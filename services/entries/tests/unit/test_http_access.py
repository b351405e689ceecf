import pytest

pytestmark = pytest.mark.anyio

ID = "019ac5a0-0000-7000-8000-000000000001"
READS = ["/v1/entries", f"/v1/entries/{ID}", "/v1/merchant"]
WRITES = [
    ("POST", "/v1/entries"),
    ("POST", f"/v1/entries/{ID}/reversal"),
    ("POST", "/v1/entries/bulk"),
    ("PATCH", "/v1/merchant"),
]


@pytest.mark.parametrize(("method", "path"), [*(("GET", path) for path in READS), *WRITES])
async def test_without_a_good_token_nothing_answers(api, method, path):
    body = {} if method == "GET" else {"json": {}}
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        response = await api.client.request(method, path, headers=headers, **body)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", READS)
async def test_reading_needs_its_scope(api, path):
    response = await api.get(path, scopes="entries:write,balances:read")
    assert (response.status_code, response.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_writing_needs_its_scope(api, service, sale, method, path):
    headers = {"Authorization": "Bearer padaria/entries:read", "Idempotency-Key": "k"}
    response = await api.client.request(method, path, headers=headers, json=sale)
    assert response.status_code == 403
    assert service.entries == []


async def test_another_merchants_entry_is_as_unknown_as_none(api, sale):
    address = (await api.post("/v1/entries", sale)).headers["location"]
    assert (await api.get(address)).status_code == 200
    others = await api.get(address, merchant="banca")
    nobodys = await api.get(f"/v1/entries/{ID[:-1]}f")
    assert others.status_code == nobodys.status_code == 404
    assert others.json() | {"trace_id": ""} == nobodys.json() | {"trace_id": ""}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_an_entry_cannot_be_changed_or_deleted(api, sale, method):
    address = (await api.post("/v1/entries", sale)).headers["location"]
    response = await api.client.request(method, address, headers={"Authorization": "Bearer padaria/entries:write"})
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
