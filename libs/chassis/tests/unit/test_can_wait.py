"""Who is answered without being known, or is over a limit: virtual time, and an application as every service has it."""

import asyncio
from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, Depends, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.bearer import refused
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.can_wait import BYTES_FOR_ONE, HELD_MAX_S, HELD_S, REFUSALS_PER_S, SMALL_PRICE, CanWait
from fluxo_chassis.http.fast.direct import DirectRoute, add_routes
from fluxo_chassis.resilience.rate_limits import RateLimits
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

KNOWN = {"Authorization": "Bearer ana"}
AT_ONCE = 20
PREFLIGHT = {"Origin": "https://shop.test", "Access-Control-Request-Method": "GET"}


class FixedVerifier:
    async def verify(self, token):
        if token not in {"ana", "bea", "carl"}:
            raise refused("The token is malformed.")
        scopes = frozenset() if token == "carl" else frozenset({"notes:read"})
        return Principal(f"merchant of {token}", token, scopes, "owner")


@pytest.fixture
def app():
    app = create_app(
        title="Notes",
        version="1",
        description="",
        health=Health(),
        verifier=FixedVerifier(),
        cors_origins=["https://shop.test"],
    )
    routes = APIRouter(route_class=DirectRoute)

    @routes.get("/notes")
    async def read(_principal: Annotated[Principal, Depends(requires("notes:read"))]) -> Response:
        return Response("none")

    add_routes(app, routes)
    can_wait = app.edge._can_wait = CanWait()
    # A machine that takes long for what is asked here would fill them up meanwhile.
    can_wait._strangers = RateLimits(AT_ONCE / 10, clock=lambda: 0.0)
    can_wait._refused = RateLimits(REFUSALS_PER_S, clock=lambda: 0.0)
    return app


@pytest.fixture
async def took(app):
    """What asks once, and returns how long that took and the status."""
    loop = asyncio.get_running_loop()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://t") as client:

        async def took(method="GET", path="/notes", **options):
            began = loop.time()
            answer = await client.request(method, path, **options)
            return loop.time() - began, answer.status_code

        yield took


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, 401),
        ({"headers": {"Authorization": "Bearer forged"}}, 401),
        ({"path": "/nothing"}, 404),
        ({"path": "/nothing", "headers": KNOWN}, 404),
        ({"method": "PUT"}, 405),
        ({"method": "POST", "content": b"a", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"method": "POST", "content": b"a" * 70_000, "headers": {"Content-Type": "application/json"}}, 413),
    ],
    ids=["no token", "forged token", "no page", "no page with a token", "method", "media type", "body"],
)
async def test_a_crowd_that_nobody_knows_is_slowed_whatever_it_asks_for(took, request_, status):
    seen = [await took(**request_) for _ in range(3 * AT_ONCE)]
    assert {each for _, each in seen} == {status}
    waits = [wait for wait, _ in seen]
    assert waits[: AT_ONCE // 2] == [0] * (AT_ONCE // 2)  # A problem's bytes cost a little too.
    assert all(0 < wait < HELD_MAX_S for wait in waits[AT_ONCE:])


async def test_who_is_known_is_never_held_back(took):
    while (await took())[0] == 0:
        pass
    assert [await took(headers=KNOWN) for _ in range(100)] == [(0, 200)] * 100


async def test_who_is_over_the_limit_is_told_so_slowly_and_nobody_else_waits(app, took):
    app.state.rate_limits = RateLimits(1, clock=lambda: 0.0)
    assert await took(headers=KNOWN) == (0, 200)
    seen = [await took(headers=KNOWN) for _ in range(int(REFUSALS_PER_S) * 10 + 50)]
    assert {status for _, status in seen} == {429}
    waits = [wait for wait, _ in seen]
    assert waits[: int(REFUSALS_PER_S) * 10] == [0] * int(REFUSALS_PER_S) * 10
    assert 5 * HELD_S < sum(waits) < 50 * 2 * HELD_S
    assert await took(headers={"Authorization": "Bearer bea"}) == (0, 200)


async def test_who_may_not_ask_for_something_is_told_so_slowly(took):
    reader = {"Authorization": "Bearer carl"}
    seen = [await took(headers=reader) for _ in range(int(REFUSALS_PER_S) * 10 + 50)]
    assert {status for _, status in seen} == {403}
    assert sum(wait for wait, _ in seen) > 5 * HELD_S


async def test_probes_and_preflights_wait_half_a_second_at_most(took):
    while (await took())[0] == 0:
        pass
    for request in ({"path": "/health/live"}, {"method": "OPTIONS", "headers": PREFLIGHT}):
        waits = [(await took(**request))[0] for _ in range(50)]
        assert 0 < max(waits) <= 2 * HELD_S * SMALL_PRICE


async def test_of_what_is_named_as_small_many_may_be_asked_for_at_once():
    can_wait = CanWait({"/static": 0.1})
    at_once = sum(can_wait.stranger_s("GET", "/static/page.css", 99 * BYTES_FOR_ONE) == 0 for _ in range(12_000))
    assert 10_000 <= at_once < 11_000


async def test_what_is_large_costs_more():
    can_wait = CanWait()
    assert 10 <= sum(can_wait.stranger_s("GET", "/large", 99 * BYTES_FOR_ONE) == 0 for _ in range(1_000)) <= 11
    assert (
        HELD_MAX_S / 2 < max(can_wait.stranger_s("GET", "/large", 99 * BYTES_FOR_ONE) for _ in range(100)) < HELD_MAX_S
    )


async def test_the_time_that_somebody_is_held_back_is_not_our_duration(app, took):
    def seconds():
        labels = {"method": "GET", "route": "other", "status": "404"}
        return REGISTRY.get_sample_value("http_request_duration_seconds_sum", labels) or 0

    app.state.account.settle()
    before = seconds()
    waited = sum([(await took(path="/nothing"))[0] for _ in range(60)])
    app.state.account.settle()
    assert waited > HELD_S
    assert seconds() - before < HELD_S
