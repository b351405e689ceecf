import json

import pytest

pytestmark = pytest.mark.anyio

MISSING = object()


async def pointers(api, body, path="/v1/entries") -> list[str]:
    response = await api.post(path, body)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "/problems/validation"
    assert problem["trace_id"]
    return [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("direction", MISSING), ("direction", "Credit"), ("direction", "in"), ("direction", 1), ("direction", None),
        ("amount", MISSING), ("amount", 150), ("amount", 150.5), ("amount", True), ("amount", None), ("amount", ["1"]),
        ("amount", {}), ("amount", ""), ("amount", "0"), ("amount", "0.00"), ("amount", "-1.00"), ("amount", "+1.00"),
        ("amount", "1.001"), ("amount", "1,50"), ("amount", "1e2"), ("amount", "NaN"), ("amount", "1000000000000.00"),
        ("amount", "9" * 400), ("amount", "1.00\n"), ("amount", "\u0661"),
        ("business_date", "2026-02-29"), ("business_date", "2026-11-23"), ("business_date", "20261122"),
        ("business_date", "22/11/2026"), ("business_date", "1899-12-31"), ("business_date", "2026-11-22T00:00:00Z"),
        ("business_date", 20261122), ("business_date", ""), ("business_date", "0000-00-00"),
        ("description", MISSING), ("description", None), ("description", ""), ("description", "  "),
        ("description", "\u200b"), ("description", " \u2060\ufeff"),
        ("description", "x" * 201), ("description", "a\x00b"), ("description", "a\nb"), ("description", "a\x1bb"),
        ("description", "a\u2028b"), ("description", 5), ("description", ["a"]),
        ("category", "x" * 61), ("category", "a\tb"), ("category", 5),
        ("currency", "USD"), ("currency", "brl"), ("currency", "XXX"), ("currency", ""), ("currency", 986),
        ("colour", "red"), ("id", "1"), ("merchant_id", "banca"), ("recorded_at", "2026-11-22T00:00:00Z"),
    ],
)  # fmt: skip
async def test_a_bad_field_is_named_and_nothing_recorded(api, service, sale, field, value):
    body = {name: each for name, each in (sale | {field: value}).items() if each is not MISSING}
    assert await pointers(api, body) == [f"/{field}"]
    assert service.entries == []


async def test_all_bad_fields_are_named_at_once(api):
    body = {"direction": "x", "amount": 1, "business_date": "x", "description": "", "category": 1, "extra": 1}
    assert await pointers(api, body) == [
        "/direction", "/amount", "/description", "/category", "/business_date", "/extra"
    ]  # fmt: skip


async def test_all_values_that_break_the_merchants_rules_are_named_at_once(api, sale):
    assert await pointers(api, sale | {"currency": "USD", "business_date": "2030-01-01"}) == [
        "/currency", "/business_date"
    ]  # fmt: skip


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


@pytest.mark.parametrize("body", [[], "text", 5, None, True, [{}]])
async def test_a_body_that_is_no_object_is_refused(api, body):
    assert await pointers(api, body) == [""]


@pytest.mark.parametrize("content", [b"", b" "])
async def test_an_empty_body_is_refused(api, content):
    response = await api.post("/v1/entries", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"amount": "1"',
        b"{'amount': '1'}",
        b"\xff\xfe{}",
        b'{"description": "\xe9"}',
        b"[" * 50_000,
        b"nul",
        b"{}{}",
    ],
)
async def test_malformed_json_is_refused(api, content):
    response = await api.post("/v1/entries", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400, response.text
    assert response.json()["type"] == "/problems/malformed-json"


@pytest.mark.parametrize("text", [r'"\ud800"', r'"a\udfffb"', r'"\u0000"'])
async def test_half_characters_and_nul_by_escape_are_refused(api, sale, text):
    body = json.dumps(sale).replace(json.dumps(sale["description"]), text)
    response = await api.post("/v1/entries", content=body.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/description"


async def test_a_half_character_in_a_field_name_is_refused(api):
    response = await api.post("/v1/entries", content=rb'{"\ud800": 1}', headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
async def test_numbers_that_are_none_are_refused(api, sale, number):
    body = json.dumps(sale).replace('"150.00"', number)
    response = await api.post("/v1/entries", content=body.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)


async def test_a_body_of_ten_megabytes_is_too_large(api, sale):
    for path in ("/v1/entries", "/v1/entries/bulk"):
        response = await api.post(path, sale | {"description": "x" * 10_000_000})
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_not_json_is_refused(api, sale):
    response = await api.post("/v1/entries", content=b"a=1", headers={"Content-Type": "text/plain"})
    assert response.status_code == 415


async def test_a_problem_never_repeats_what_was_sent(api, sale):
    response = await api.post("/v1/entries", sale | {"amount": "s3cret", "currency": "s3cret", "direction": "s3cret"})
    assert "s3cret" not in response.text


@pytest.mark.parametrize("path", ["/v1/entries/x", "/v1/entries/bulk", "/v1/entries/%00", "/v1/entries/1"])
async def test_what_cannot_be_an_id_is_as_unknown_as_any(api, path):
    response = await api.get(path)
    unknown = await api.get("/v1/entries/019ac5a0-0000-7000-8000-00000000ffff")
    assert response.status_code == unknown.status_code == 404
    assert response.json() | {"trace_id": ""} == unknown.json() | {"trace_id": ""}
