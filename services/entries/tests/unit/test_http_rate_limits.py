import pytest
from fluxo_chassis.resilience.rate_limits import BURST_S, RateLimits

pytestmark = pytest.mark.anyio

PLAIN_AT_ONCE = 40


@pytest.fixture
def limits(app, monkeypatch):
    """As much at once as that many plain requests."""
    limits = RateLimits(PLAIN_AT_ONCE * 10 / BURST_S, lambda: 1_000.0)
    monkeypatch.setattr(app.state, "rate_limits", limits)


async def statuses(number, request):
    return [(await request()).status_code for _ in range(number)]


async def test_a_merchant_that_asks_for_too_much_is_told_when_to_come_again_and_others_are_not(api, limits):
    assert await statuses(PLAIN_AT_ONCE, lambda: api.get("/v1/merchant")) == [200] * PLAIN_AT_ONCE
    answer = await api.get("/v1/merchant")
    assert answer.status_code == 429
    assert answer.json()["type"] == "/problems/rate-limited"
    assert {name: answer.headers[name] for name in ("retry-after", "ratelimit", "ratelimit-policy")} == {
        "retry-after": "1",
        "ratelimit": '"tenant";r=0;t=1',
        "ratelimit-policy": '"tenant";q=400;w=10',
    }
    assert (await api.get("/v1/merchant", merchant="acougue")).status_code == 200


async def test_a_page_costs_as_it_is_long(api, limits):
    # 60 for a hundred entries, and 35 for as many as there are where nobody says.
    pages = [f"/v1/entries?limit={limit}" for limit in (100, 100, 100, 100, 100)] + ["/v1/entries"] * 3
    assert [(await api.get(page)).status_code for page in pages] == [200] * 7 + [429]


async def test_a_search_costs_many_lists_and_a_bulk_what_its_items_weigh(api, limits, sale):
    assert await statuses(3, lambda: api.get("/v1/entries?q=venda")) == [200, 200, 429]
    items = [sale | {"idempotency_key": f"k-{number}"} for number in range(100)]
    body = {"mode": "check", "entries": items}
    of_bulks = await statuses(5, lambda: api.post("/v1/entries/bulk", body, merchant="acougue"))
    assert of_bulks == [200, 200, 429, 429, 429]


async def test_who_may_not_ask_pays_nothing(api, limits):
    assert (
        await statuses(2 * PLAIN_AT_ONCE, lambda: api.get("/v1/merchant", scopes="none")) == [403] * PLAIN_AT_ONCE * 2
    )
    assert (await api.get("/v1/merchant")).status_code == 200
