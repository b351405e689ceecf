"""Who is answered without being known: virtual time, and an application as every service has it."""

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
from fluxo_chassis.http.fast.direct import DirectRoute, add_routes
from fluxo_chassis.http.strangers import BYTES_FOR_ONE, HELD_MAX_S, HELD_S, SMALL_PRICE, Strangers
from fluxo_chassis.resilience.rate_limits import RateLimits
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

KNOWN = {"Authorization": "Bearer ana"}
AT_ONCE = 20
PREFLIGHT = {"Origin": "https://shop.test", "Access-Control-Request-Method": "GET"}


class FixedVerifier:
    async def verify(self, token):
        if token != "ana":
            raise refused("The token is malformed.")
        return Principal("t-1", "ana", frozenset({"notes:read"}), "owner")


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
    strangers = app.edge._strangers = Strangers()
    strangers._limits = RateLimits(AT_ONCE / 10, clock=lambda: 0.0)
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


async def test_probes_and_preflights_wait_half_a_second_at_most(took):
    while (await took())[0] == 0:
        pass
    for request in ({"path": "/health/live"}, {"method": "OPTIONS", "headers": PREFLIGHT}):
        waits = [(await took(**request))[0] for _ in range(50)]
        assert 0 < max(waits) <= 2 * HELD_S * SMALL_PRICE


async def test_of_what_is_named_as_small_many_may_be_asked_for_at_once():
    strangers = Strangers({"/static": 0.1})
    at_once = sum(strangers.wait_s("GET", "/static/page.css", 99 * BYTES_FOR_ONE) == 0 for _ in range(12_000))
    assert 10_000 <= at_once < 11_000


async def test_what_is_large_costs_more():
    strangers = Strangers()
    assert 10 <= sum(strangers.wait_s("GET", "/large", 99 * BYTES_FOR_ONE) == 0 for _ in range(1_000)) <= 11
    assert HELD_MAX_S / 2 < max(strangers.wait_s("GET", "/large", 99 * BYTES_FOR_ONE) for _ in range(100)) < HELD_MAX_S


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
