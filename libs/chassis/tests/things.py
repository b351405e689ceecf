"""A small service over the two ways through the server, for those who hold them against each other."""

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.connections.seats import Seats
from fluxo_chassis.http.fast.fast_route import FastRouteProtocol
from fluxo_chassis.http.fast.ready_answer import FastPath, ReadyAnswer, nothing_ready
from fluxo_chassis.observability.traces.tracing import current_context
from fluxo_chassis.resilience import current_tenant
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

DATE = b"Sun, 22 Nov 2026 12:00:00 GMT"
ROUTE = "/v1/things/{number}"
SLOW = "/v1/slow/{number}"
TARGET = re.compile(rb"/v1/things/([0-9]+)\Z")
SIZE = 20_000


def thing(number: int, size: int = 0) -> Response:
    return Response(f'{{"number":{number}}}'.ljust(size), media_type="application/json")


WRITER = Principal("t-1", "ana", frozenset(), "owner")


def written_thing(body: bytes) -> Response:
    """A number that is written down, or what there is to say against it."""
    if not body.isdigit():
        return Response(b"no number", 422, media_type="text/plain")
    number = body.lstrip(b"0")
    location = {"Location": f"/v1/things/{number[:9].decode()}"}
    return Response(b'{"number":%b}' % number, 201, location, "application/json")


def things_service() -> FastAPI:
    """Its slow answers wait for `app.state.may_answer`."""
    app = create_app(title="Things", version="1", description="Things.", health=Health())

    @app.head(ROUTE)
    @app.get(ROUTE)
    async def shown(number: int, request: Request) -> Response:
        request.state.principal = Principal("t-1", "ana", frozenset(), "owner")
        response = thing(number)
        return Response(b"", headers=dict(response.headers)) if request.method == "HEAD" else response

    @app.head(SLOW)
    @app.get(SLOW)
    async def slow(number: int, request: Request) -> Response:
        request.state.principal = WRITER
        await request.app.state.may_answer.wait()
        response = thing(number)
        return Response(b"", headers=dict(response.headers)) if request.method == "HEAD" else response

    @app.post("/v1/things")
    async def written(request: Request) -> Response:
        request.state.principal = WRITER
        body = await request.body()
        await request.app.state.may_answer.wait()
        return written_thing(body)

    @app.post("/v1/notes")
    async def noted(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    return app


def ready(method: bytes, target: bytes, _headers: object, *, size: int = 0) -> ReadyAnswer | None:
    """Things below a hundred are ready."""
    asked = TARGET.match(target)
    if asked is None or int(asked[1]) >= 100:
        return None
    answer = ReadyAnswer.of(thing(int(asked[1]), size), route=ROUTE, tenant="t-1")
    return answer if method == b"GET" else ReadyAnswer(answer.status, ROUTE, "t-1", answer.head, b"")


class FastThings:
    """A `FastRoute` of numbers below a hundred, by who is known; 13 is a fault of its own.

    They may be written down, and asked for as `/v1/slow/…`.
    """

    def __init__(self, server: "Server") -> None:
        self._server = server

    def caller(self, method, target, headers):
        is_ours = target == b"/v1/things" if method == b"POST" else target.startswith(b"/v1/slow/")
        return WRITER if is_ours and headers.get(b"authorization") == b"Bearer known" else None

    def begin(self, request, answer) -> bool:
        assert (request.caller, len(request.context.trace_id)) == (WRITER, 32)
        assert (current_context(), current_tenant.get()) == (request.context, WRITER.tenant)
        body = request.body if request.method == b"POST" else request.target[len(b"/v1/slow/") :]
        if not body.isdigit() or len(body.lstrip(b"0")) > 2:
            return False
        if body == b"13":
            raise LookupError
        self._server.taken.append(body)
        answered = self._write(body, answer) if request.method == b"POST" else self._read(request, int(body), answer)
        writing = asyncio.create_task(answered)
        self._server.state.tasks.add(writing)
        writing.add_done_callback(self._server.state.tasks.discard)
        return True

    async def _write(self, body, answer) -> None:
        await self._server.may_answer.wait()
        answer(ReadyAnswer.of(written_thing(body), route="/v1/things", tenant="t-1"))

    async def _read(self, request, number, answer) -> None:
        await self._server.may_answer.wait()
        ready = ReadyAnswer.of(thing(number), route=SLOW, tenant="t-1")
        answer(ready if request.method == b"GET" else ReadyAnswer(200, SLOW, "t-1", ready.head, b""))


class Wire(asyncio.Transport):
    """What a socket would carry, without one: nothing is lost when the server closes while the client still sends."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.is_closed = False

    def write(self, data: bytes) -> None:
        if not self.is_closed:
            self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True
        self.may_read.set()

    def pause_reading(self) -> None:
        self.may_read.clear()

    def resume_reading(self) -> None:
        self.may_read.set()


@dataclass
class Server:
    """One way of serving the application, without what starts and stops it."""

    port: int
    state: ServerState
    may_answer: asyncio.Event
    taken: list[bytes]
    settle: Callable[[], None]
    make: Callable[[], HttpToolsProtocol] | None = None
    protocols: list[HttpToolsProtocol] = field(default_factory=list)

    async def answer(self, *chunks: bytes) -> bytes:
        """What the server writes when the chunks arrive one after the other, and whether it closes the connection."""
        protocol, wire = self.make(), Wire()
        protocol.connection_made(wire)
        async with asyncio.timeout(60):
            for chunk in chunks:
                await wire.may_read.wait()
                if wire.is_closed:
                    break
                protocol.data_received(chunk)
            while self.state.tasks:
                await asyncio.wait(self.state.tasks)
        written = bytes(wire.written) + (b"(closed)" if wire.is_closed else b"")
        protocol.connection_lost(None)
        return written

    async def talk(self, *chunks: bytes) -> bytes:
        """Send the chunks one after the other; everything that comes back until the server closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        with suppress(ConnectionError):
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0)
        async with asyncio.timeout(60):
            answers = await reader.read()
        writer.close()
        return answers


def get(number: int | str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    path = number if isinstance(number, str) else f"/v1/things/{number}"
    head = "".join(f"{header}\r\n" for header in headers)
    return f"{method} {path} HTTP/{version}\r\nHost: t\r\n{head}\r\n".encode("latin-1")


LAST = get(1_000, "Connection: close")


def without_chance(answers: bytes) -> bytes:
    """What two servers cannot have in common: ids that they made up."""
    return re.sub(rb'(x-request-id: |"trace_id":")[0-9a-f]{32}', rb"\1...", answers)


def post(body: str, *headers: str, target: str = "/v1/things", version: str = "1.1") -> bytes:
    """A write that is plain where `headers` do not make it otherwise; they replace those of the same name."""
    plain = {
        "Host": "t",
        "Authorization": "Bearer known",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    own = {header.partition(":")[0].lower() for header in headers}
    kept = [f"{name}: {value}" for name, value in plain.items() if name.lower() not in own]
    head = "".join(f"{header}\r\n" for header in (*kept, *headers) if not header.endswith(":"))
    return f"POST {target} HTTP/{version}\r\n{head}\r\n{body}".encode("latin-1")


class OverAWire:
    """An application behind the protocol with fast paths, one of which counts what it takes; None takes nothing."""

    def __init__(self, app: FastAPI, fast_route: object | None, fast_path: FastPath = nothing_ready) -> None:
        self.begun, self.faults = 0, []
        self._app, self._fast_route, self._fast_path = app, fast_route, fast_path
        self._config = uvicorn.Config(
            app, http="httptools", ws="none", lifespan="off", access_log=False, log_config=None
        )
        self._config.load()

    def caller(self, *given):
        return None if self._fast_route is None else self._fast_route.caller(*given)

    def begin(self, *given) -> bool:
        try:
            is_begun = self._fast_route.begin(*given)
        except Exception as error:  # which the protocol survives
            self.faults.append(error)
            raise
        self.begun += is_begun
        return is_begun

    async def answer(self, chunks: Iterable[bytes], *, are_waited_for: bool = True) -> bytes:
        """What is written when the chunks come one after the other, each to an answered one, or all at once."""
        others = asyncio.all_tasks()
        state, wire = ServerState(), Wire()
        state.default_headers = [(b"date", DATE)]
        protocol = FastRouteProtocol(
            self._config,
            state,
            {},
            seats=Seats(),
            fast_path=self._fast_path,
            fast_route=self,
            account=self._app.state.account,
            cors=self._app.state.cors,
        )
        protocol.connection_made(wire)
        for chunk in chunks:
            await wire.may_read.wait()
            if not wire.is_closed:
                protocol.data_received(chunk)
            if are_waited_for:
                await _without_tasks_but(others)
        if not wire.is_closed:
            await _without_tasks_but(others)
        written = bytes(wire.written) + (b"(closed)" if wire.is_closed else b"")
        protocol.connection_lost(None)
        await _without_tasks_but(others)
        self._app.state.account.settle()
        return written


async def _without_tasks_but(others: set[asyncio.Task]) -> None:
    while new := asyncio.all_tasks() - others:
        await asyncio.wait(new)
        for _ in range(3):  # what a task that is done calls comes after it, and may begin another
            await asyncio.sleep(0)
