"""What the fast path answers is what the slow path would, and it answers nothing that that would refuse."""

from datetime import date

import pytest
from fluxo_balances.entrypoints.http.local_fast_path import LocalFastPath
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.resilience.rate_limits import BURST_S, RateLimits
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio

DAY = "/v1/daily-balances/2026-11-22"
RANGE = "/v1/daily-balances?from=2026-11-01&to=2026-11-22"


@pytest.fixture
def ask(service):
    fast_path = LocalFastPath(service.answers, service.issuer)

    def ask(target: str = DAY, method: str = "GET", **headers: str) -> ReadyAnswer | None:
        given = {"authorization": service.http.headers.get("Authorization", ""), **headers}
        lower = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in given.items()}
        return fast_path(method.encode(), target.encode("latin-1"), lower)

    return ask


CONDITIONS = [None, "{tag}", "W/{tag}", '"other", {tag}', "*", '"other"', "junk"]


@pytest.mark.parametrize("target", [DAY, RANGE])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("condition", CONDITIONS)
async def test_it_is_what_the_slow_path_answers(service, november, ask, target, method, condition):
    tag = (await service.http.get(target)).headers["etag"]
    headers = {} if condition is None else {"If-None-Match": condition.format(tag=tag)}
    expected = await service.http.request(method, target, headers=headers)
    assert expected.headers["cache-status"] == "fluxo; hit"
    for _ in range(2):
        answer = ask(target, method, **{name.lower(): value for name, value in headers.items()})
        given = [(name, value) for name, value in expected.headers.raw if not name.lower().startswith(b"x-")]
        assert answer.head == b"".join(b"%b: %b\r\n" % header for header in given)
        assert (answer.status, answer.body) == (expected.status_code, expected.content)
        assert answer.tenant == "m1"


async def test_the_route_is_the_one_that_was_declared(service, ask):
    for target, route in ((DAY, "/v1/daily-balances/{date}"), (RANGE, "/v1/daily-balances")):
        await service.http.get(target)
        assert ask(target).route == route


async def test_an_update_takes_it_away(service, memory_cache, memory_read_model, ask):
    await service.http.get(DAY)
    memory_read_model.add("m1", date(2026, 1, 1), credit=1)
    await memory_cache.invalidate(["m1"])
    assert ask() is None


async def test_while_the_database_is_unavailable_nothing_is_answered_as_it_has_to_be_marked(service, ask):
    await service.http.get(DAY)
    service.database_is_unavailable = True
    assert ask() is None


async def test_each_merchant_has_its_own(service, november, ask):
    await service.http.get(DAY)
    mine = ask()
    service.as_merchant("m2")
    assert ask() is None
    await service.http.get(DAY)
    assert (mine.tenant, ask().tenant) == ("m1", "m2")
    assert ask().body != mine.body


@pytest.mark.parametrize(("scopes", "role"), [(("entries:read",), "owner"), (("balances:write",), "accountant")])
async def test_without_the_scope_nothing_is_answered(service, ask, scopes, role):
    await service.http.get(DAY)
    service.as_merchant("m1", *scopes, role=role)
    assert ask() is None
    service.as_merchant("m1", "balances:read", role="accountant")
    assert ask() is not None


async def test_without_a_token_that_is_remembered_nothing_is_answered(service, ask):
    await service.http.get(DAY)
    token = service.http.headers["Authorization"].removeprefix("Bearer ")
    for authorization in (
        "",
        "Bearer ",
        "Bearer unknown",
        f"Basic {token}",
        token,
        f"Bearer {token} ",
        f"Bearer\t{token}",
    ):
        assert ask(authorization=authorization) is None
    del service.issuer.principals[token]
    assert ask(authorization=f"Bearer {token}") is None


@pytest.mark.parametrize(
    "target",
    [
        f"{DAY}?",
        f"{DAY}?after_entry=0197a5b8-1111-7111-8111-111111111111",
        f"{DAY}/",
        f"{DAY}\n",
        f"{DAY}#x",
        f"/{DAY}",
        "/v1/daily-balances/2026-11-2",
        "/v1/daily-balances/2026-11-2²",
        "/v1/daily-balances/%32026-11-22",
        "http://balances/v1/daily-balances/2026-11-22",
        "/v1/daily-balances?to=2026-11-22&from=2026-11-01",
        f"{RANGE}&after_entry=0197a5b8-1111-7111-8111-111111111111",
        f"{RANGE}&x=1",
        "/v1/daily-balances?from=2026-11-22&to=2026-11-01",
        "/v1/daily-balances?from=2026-11-22",
        "/v1/daily-balances",
        "",
    ],
)
async def test_any_other_target_goes_the_slow_path(service, ask, target):
    await service.http.get(DAY)
    await service.http.get(RANGE)
    assert ask(target) is None


async def test_a_merchant_that_asks_for_too_much_is_told_so_by_the_slow_path(service, november):
    counted = REGISTRY.get_sample_value("rate_limit_refused_total")
    limits = RateLimits(20 / BURST_S, lambda: 1_000.0)
    service.app.state.rate_limits = limits
    fast_path = LocalFastPath(service.answers, service.issuer, limits)
    headers = {b"authorization": service.http.headers["Authorization"].encode()}
    assert (await service.http.get(DAY)).status_code == 200  # costs 10
    answers = [fast_path(b"GET", DAY.encode(), headers) for _ in range(11)]
    assert [answer is not None for answer in answers] == [True] * 10 + [False]
    refused = await service.http.get(DAY)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/rate-limited")
    assert REGISTRY.get_sample_value("rate_limit_refused_total") == counted + 1


async def test_ten_years_cost_as_much_as_forty_days(service, november):
    service.app.state.rate_limits = RateLimits(500 / BURST_S, lambda: 1_000.0)
    ten_years = "/v1/daily-balances?from=2016-11-22&to=2026-11-21"
    assert [(await service.http.get(ten_years)).status_code for _ in range(2)] == [200, 429]
    assert [(await service.http.get(DAY)).status_code for _ in range(14)] == [200] * 12 + [429] * 2
