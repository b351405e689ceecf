import asyncio
import time
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

ALLOWED_S = 2
LONG_S = 60


def slow_service() -> FastAPI:
    app = create_app(
        title="Slow",
        version="1",
        description="Slow.",
        health=Health(),
        answer_within_s=lambda scope: LONG_S if scope["path"] == "/patient" else ALLOWED_S,
    )

    async def hang() -> None:
        await asyncio.sleep(LONG_S)

    app.add_api_route("/hangs", hang, methods=["GET", "POST"])

    @app.get("/gives-up-slowly")
    async def gives_up_slowly() -> None:
        try:
            await asyncio.sleep(LONG_S)
        finally:
            await asyncio.sleep(ALLOWED_S)

    @app.get("/patient")
    async def patient() -> str:
        await asyncio.sleep(2 * ALLOWED_S)
        return "done"

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(4):
                yield b"piece "
                await asyncio.sleep(ALLOWED_S / 2)

        return StreamingResponse(pieces())

    return app


@pytest.fixture
async def slow(anyio_backend):
    transport = httpx2.ASGITransport(slow_service(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(("method", "path"), [("GET", "/hangs"), ("POST", "/hangs"), ("GET", "/gives-up-slowly")])
async def test_what_hangs_is_given_up_and_answered(slow, is_problem, method, path):
    began = time.monotonic()
    answer = await slow.request(method, path)
    assert time.monotonic() - began < 3 * ALLOWED_S
    assert "in time" in is_problem(answer, 503, "unavailable")["detail"]
    assert answer.headers["retry-after"] == "1"


async def test_a_request_may_be_given_more_time(slow):
    assert (await slow.get("/patient")).json() == "done"


async def test_an_answer_that_has_begun_is_not_cut(slow):
    assert (await slow.get("/stream")).text == "piece " * 4


async def test_a_client_that_sends_slowly_is_waited_for(slow):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"[1]"
            await asyncio.sleep(ALLOWED_S / 2)

    answer = await slow.post("/body", content=pieces(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, 12)
