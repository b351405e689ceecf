import re

import pytest
from fluxo_chassis.resilience import current_tenant
from fluxo_entries.domain.errors import OutcomeUnknownError, OverloadedError, OverShareError

pytestmark = pytest.mark.anyio


async def test_an_instant_always_has_six_decimals(api, service, sale):
    service.clock.advance(microseconds=-123456)
    response = await api.post("/v1/entries", sale)
    assert response.json()["recorded_at"] == "2026-11-22T15:00:00.000000Z"


@pytest.mark.parametrize(
    ("failure", "status", "slug", "sentence"),
    [
        (OverloadedError(), 503, "overloaded", "nothing was recorded"),
        (OverShareError(), 429, "rate-limited", "not recorded"),
        (OutcomeUnknownError(), 503, "outcome-unknown", "retry with the same key"),
    ],
)
async def test_what_may_be_tried_again_says_when(api, service, sale, failure, status, slug, sentence):
    service.journal.failure = failure
    response = await api.post("/v1/entries", sale)
    assert response.status_code == status
    assert response.headers["retry-after"] == "1"
    assert response.json()["type"] == f"/problems/{slug}"
    assert sentence in response.json()["detail"]


async def test_what_a_request_does_is_known_to_be_its_merchants(api, service, sale, monkeypatch):
    append, merchants = service.journal.append, []

    async def seen(recording):
        merchants.append(current_tenant.get())
        return await append(recording)

    monkeypatch.setattr(service.journal, "append", seen)
    assert (await api.post("/v1/entries", sale)).status_code == 201
    assert merchants == ["padaria"]


async def test_the_trace_of_the_request_goes_with_the_entry(api, service, sale):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    await api.post("/v1/entries", sale, headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    (traceparent,) = service.memory.traceparents.values()
    assert re.fullmatch(rf"00-{trace_id}-[0-9a-f]{{16}}-01", traceparent)
