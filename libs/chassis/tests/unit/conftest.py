"""A small service built from the chassis, and what every error of it must look like."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated

import httpx2
import orjson
import pytest
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.connections.seats import Seats
from fluxo_chassis.http.fast.fast_route import FastRouteProtocol
from fluxo_chassis.http.fast.write_coalescing import CoalescingProtocol
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.problems import Problem, problem_responses
from pydantic import BaseModel, ConfigDict, Field
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from libs.chassis.tests.things import DATE, FastThings, Server, ready, things_service


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: str = Field(max_length=5)
    tags: list[str] = []


class FixedVerifier:
    """Stands in for signatures, which have their own tests."""

    async def verify(self, token):
        role, _, scopes = token.partition(":")
        return Principal("t-1", "ana", frozenset(scopes.split(",")), role)


def notes_service(errors, *, body_limit_bytes=200) -> FastAPI:
    app = create_app(
        title="Notes",
        version="1",
        description="Notes.",
        health=Health(),
        verifier=FixedVerifier(),
        body_limit_bytes=body_limit_bytes,
        body_limits={"/v1/bulk": 2000},
    )
    router = APIRouter(prefix="/v1")

    @router.post("/notes", status_code=201, responses=problem_responses(401, 403))
    async def add(note: Note, principal: Annotated[Principal, Depends(requires("notes:write"))]) -> dict[str, str]:
        return {"text": note.text}

    @router.get("/notes")
    async def listed(limit: int, principal: Annotated[Principal, Depends(requires("notes:read"))]) -> dict[str, str]:
        return {"tenant": principal.tenant}

    @router.get("/notes/{number}")
    async def shown(number: int) -> dict[str, str]:
        raise Problem(404, "not-found", "Not found", f"No note {number}.")

    @router.post("/bulk")
    async def bulk(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    @router.get("/trace")
    async def traced() -> dict[str, str]:
        return {"traceparent": tracing.current_traceparent(), "request_id": tracing.current_context().request_id}

    @router.get("/errors/{kind}")
    async def fails(kind: str) -> None:
        raise errors[kind]

    app.include_router(router)
    return app


@pytest.fixture
def lines_written(capfdbinary):
    """`lines_written()`: the lines on standard output since it was last asked."""
    return lambda: [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


@pytest.fixture
def errors(notes):
    """What `/v1/errors/{kind}` raises; a test fills it."""
    _, errors = notes
    return errors


@pytest.fixture(scope="session")
def notes():
    errors = {}
    return notes_service(errors), errors


@pytest.fixture
async def client(notes, anyio_backend):
    app, _ = notes
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    app.state.account.settle()


@pytest.fixture
def roomy_service():
    return notes_service({}, body_limit_bytes=65_536)


@pytest.fixture
def is_problem():
    return assert_problem


def assert_problem(answer, status, slug):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    body = answer.json()
    assert (body["type"], body["status"]) == (f"/problems/{slug}", status)
    assert body["title"]
    assert len(body["trace_id"]) == 32
    assert "secret" not in answer.text
    return body


@pytest.fixture(scope="session")
def idle_services() -> list[FastAPI]:
    """Those that no test uses now: to make one takes longer than to ask it."""
    return []


@pytest.fixture
async def serving(idle_services) -> Callable:
    """`await serving("short")`, or `"ordinary"`: a server."""
    listeners, services = [], []

    async def start(way: str, *, keep_alive_s: float = 75, take=ready) -> Server:
        may_answer = asyncio.Event()
        may_answer.set()
        app = idle_services.pop() if idle_services else things_service()
        app.state.may_answer = may_answer
        services.append(app)
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_keep_alive=keep_alive_s,
        )
        config.load()
        server = Server(0, ServerState(), may_answer, [], app.state.account.settle)
        server.state.default_headers = [(b"date", DATE)]

        def short(method, target, headers):
            answer = take(method, target, headers)
            if answer is not None:
                server.taken.append(target)
            return answer

        seats = Seats()
        kinds = {
            "short": partial(
                FastRouteProtocol,
                seats=seats,
                fast_path=short,
                fast_route=FastThings(server),
                account=app.state.account,
                cors=app.state.cors,
            ),
            "ordinary": partial(CoalescingProtocol, seats=seats),
        }

        def protocol() -> HttpToolsProtocol:
            made = kinds[way](config=config, server_state=server.state, app_state={})
            server.protocols.append(made)
            return made

        server.make = protocol
        listener = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        listeners.append(listener)
        server.port = listener.sockets[0].getsockname()[1]
        return server

    yield start
    for app in services:
        app.state.account.settle()
    idle_services.extend(services)
    for listener in listeners:
        listener.close()
