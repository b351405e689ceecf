"""A page of another origin, by what its browser asks and reads, against a served application and its fast path."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import Response
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.http.server import serve
from fluxo_chassis.settings import ProcessSettings

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

PAGE, SECOND_PAGE, STRANGER = "https://app.example", "http://127.0.0.1:8000", "https://elsewhere.example"
EXPOSED = "ETag, Location, Idempotent-Replayed, Retry-After"
READ = {"access-control-allow-origin", "access-control-expose-headers", "vary"}


def thing() -> Response:
    return Response(b"{}", headers={"ETag": '"1"', "Vary": "Authorization"}, media_type="application/json")


def ready(_method, target, _headers) -> ReadyAnswer | None:
    return ReadyAnswer.of(thing(), route="/fast", tenant="t-1") if target == b"/fast" else None


@asynccontextmanager
async def served(*origins: str):
    app = create_app(title="t", version="1", description="", health=Health(), cors_origins=origins)

    @app.get("/slow")
    async def slow() -> Response:
        return thing()

    @app.get("/broken")
    async def broken() -> Response:
        raise ZeroDivisionError

    settings, stop = ProcessSettings(port=free_port()), asyncio.Event()
    server = asyncio.create_task(serve(app, settings, stop, fast_path=ready))
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as client:
        async with asyncio.timeout(60):
            while True:
                try:
                    await client.get("/health/live")
                    break
                except httpx2.ConnectError:
                    await asyncio.sleep(0.01)
        try:
            yield client
        finally:
            stop.set()
            await server


def about_origins(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name in READ}


ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}


async def test_a_page_that_is_allowed_asks_once_and_reads_every_answer():
    async with served(PAGE, SECOND_PAGE) as client:
        for page in (PAGE, SECOND_PAGE):
            preflight = await client.options("/slow", headers={"Origin": page, **ASKED})
            assert (preflight.status_code, preflight.content) == (204, b"")
            assert preflight.headers["access-control-allow-origin"] == page
            assert "POST" in preflight.headers["access-control-allow-methods"]
            allowed = preflight.headers["access-control-allow-headers"].lower()
            assert set(allowed.split(", ")) >= {
                "authorization",
                "content-type",
                "idempotency-key",
                "if-none-match",
                "last-event-id",
            }
            assert preflight.headers["access-control-max-age"] == "7200"
            for path, status, vary in (
                ("/slow", 200, "Authorization, Origin"),
                ("/fast", 200, "Authorization, Origin"),
                ("/nothing", 404, "Origin"),
                ("/broken", 500, "Origin"),
            ):
                answer = await client.get(path, headers={"Origin": page})
                assert (path, answer.status_code) == (path, status)
                assert about_origins(answer) == {
                    "access-control-allow-origin": page,
                    "access-control-expose-headers": EXPOSED,
                    "vary": vary,
                }
            too_much = await client.post(
                "/slow", content=b"[" * 100_000, headers={"Origin": page, "Content-Type": "application/json"}
            )
            assert (too_much.status_code, too_much.headers["access-control-allow-origin"]) == (413, page)


@pytest.mark.parametrize("origins", [[STRANGER], ["null"], [PAGE + "/"], [PAGE.upper()], [PAGE, PAGE], []])
async def test_no_other_page_is_and_what_is_kept_for_one_is_not_given_to_another(origins):
    async with served(PAGE) as client:
        given = [("Origin", origin) for origin in origins]
        preflight = await client.options("/slow", headers=[*given, *ASKED.items()])
        assert preflight.status_code == 405
        for answer in (preflight, await client.get("/slow", headers=given), await client.get("/fast", headers=given)):
            assert answer.headers.get_list("vary")[-1].endswith("Origin")
            assert "access-control-allow-origin" not in answer.headers


async def test_what_only_looks_like_a_preflight_gets_what_it_got():
    async with served(PAGE) as client:
        options = await client.options("/slow", headers={"Origin": PAGE})
        assert (options.status_code, options.headers["allow"]) == (405, "GET")


async def test_by_default_no_page_is_and_nothing_is_said():
    async with served() as client:
        assert (await client.options("/slow", headers={"Origin": PAGE, **ASKED})).status_code == 405
        for path in ("/slow", "/fast"):
            answer = await client.get(path, headers={"Origin": PAGE})
            assert about_origins(answer) == {"vary": "Authorization"}
            assert list(answer.headers)[-2:] == ["x-request-id", "x-content-type-options"]
