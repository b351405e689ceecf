import asyncio
import re

import pytest
from fluxo_entries.domain.errors import OutcomeUnknownError, OverloadedError

pytestmark = pytest.mark.anyio


async def test_a_recorded_entry_is_shown_with_its_address(api, sale):
    response = await api.post("/v1/entries", sale)
    entry = response.json()
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert response.headers["location"] == f"/v1/entries/{entry['id']}"
    assert "idempotent-replayed" not in response.headers
    assert list(entry.items()) == [
        ("id", entry["id"]),
        ("direction", "credit"),
        ("amount", "150.00"),
        ("currency", "BRL"),
        ("business_date", "2026-11-22"),
        ("description", "Venda balcão"),
        ("category", "vendas"),
        ("reverses", None),
        ("reversed_by", None),
        ("recorded_at", "2026-11-22T15:00:00.123456Z"),
    ]


async def test_an_instant_always_has_six_decimals(api, service, sale):
    service.clock.advance(microseconds=-123456)
    response = await api.post("/v1/entries", sale)
    assert response.json()["recorded_at"] == "2026-11-22T15:00:00.000000Z"


async def test_the_answer_stands_at_its_address(api, sale):
    recorded = await api.post("/v1/entries", sale)
    shown = await api.get(recorded.headers["location"])
    assert shown.status_code == 200
    assert shown.content == recorded.content


async def test_amounts_are_shown_with_two_decimals(api, sale):
    response = await api.post("/v1/entries", sale | {"amount": "7.5"})
    assert response.json()["amount"] == "7.50"


async def test_optional_fields_may_be_null_or_blank(api, sale):
    response = await api.post("/v1/entries", sale | {"category": " ", "currency": None, "business_date": None})
    assert response.status_code == 201
    assert response.json()["category"] is None


async def test_a_replay_says_the_same_byte_for_byte_even_after_a_reversal(api, sale):
    first = await api.post("/v1/entries", sale, key="k1")
    await api.post(f"{first.headers['location']}/reversal", {"reason": "Errado"})
    again = await api.post("/v1/entries", sale, key="k1")
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_order_and_the_spelling_of_the_body_do_not_make_it_another_request(api, sale):
    first = await api.post("/v1/entries", sale | {"amount": "150"}, key="k1")
    again = await api.post("/v1/entries", dict(reversed(sale.items())), key="k1")
    assert again.content == first.content


async def test_another_body_under_the_same_key_is_refused(api, sale):
    await api.post("/v1/entries", sale, key="k1")
    response = await api.post("/v1/entries", sale | {"amount": "150.01"}, key="k1")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/idempotency-key-reused"


async def test_two_at_once_with_one_key_get_the_same_answer(api, service, sale):
    first, second = await asyncio.gather(*(api.post("/v1/entries", sale, key="k1") for _ in range(2)))
    assert first.content == second.content
    assert len(service.entries) == 1


@pytest.mark.parametrize("key", ["a", "x" * 255, "a b", "~!", '"quoted"', r'"with \" and \\"', 'in"ner'])
async def test_keys_of_every_form_are_taken(api, sale, key):
    assert (await api.post("/v1/entries", sale, key=key)).status_code == 201


async def test_a_key_is_the_same_bare_and_quoted(api, sale):
    first = await api.post("/v1/entries", sale, key="till-3")
    again = await api.post("/v1/entries", sale, key='"till-3"')
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_escapes_in_a_quoted_key_are_undone(api, sale):
    await api.post("/v1/entries", sale, key='a"b\\c')
    again = await api.post("/v1/entries", sale, key=r'"a\"b\\c"')
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_missing_key_is_named(api, sale, service):
    response = await api.post("/v1/entries", sale, key=None)
    assert response.status_code == 400
    assert response.json()["type"] == "/problems/idempotency-key-missing"
    assert response.json()["errors"][0]["pointer"] == "Idempotency-Key"
    assert service.entries == []


@pytest.mark.parametrize(
    "key",
    [" ", "x" * 256, '"', '""', '"open', '"a"b', r'"a\x"', '"' + "x" * 256 + '"', b"caf\xc3\xa9", b"a\tb", '"a";p=1'],
)
async def test_a_malformed_key_is_refused(api, sale, key):
    response = await api.post("/v1/entries", sale, key=key)
    assert response.status_code == 400
    assert response.json()["type"] == "/problems/idempotency-key-invalid"


async def test_two_keys_are_one_too_many(api, sale):
    headers = [("Authorization", "Bearer padaria/entries:write"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    response = await api.client.post("/v1/entries", json=sale, headers=headers)
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("failure", "slug", "sentence"),
    [
        (OverloadedError(), "overloaded", "nothing was recorded"),
        (OutcomeUnknownError(), "outcome-unknown", "retry with the same key"),
    ],
)
async def test_what_may_be_tried_again_says_when(api, service, sale, failure, slug, sentence):
    service.journal.failure = failure
    response = await api.post("/v1/entries", sale)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["type"] == f"/problems/{slug}"
    assert sentence in response.json()["detail"]


async def test_the_trace_of_the_request_goes_with_the_entry(api, service, sale):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    await api.post("/v1/entries", sale, headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    (traceparent,) = service.memory.traceparents.values()
    assert re.fullmatch(rf"00-{trace_id}-[0-9a-f]{{16}}-01", traceparent)
