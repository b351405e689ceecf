"""A small service over the two ways through the server, for those who hold them against each other."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from fastapi import FastAPI, Request, Response
from fluxo_chassis.auth import Principal
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

DATE = b"Sun, 22 Nov 2026 12:00:00 GMT"
ROUTE = "/v1/things/{number}"
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


def things_service(may_answer: asyncio.Event) -> FastAPI:
    app = create_app(title="Things", version="1", description="Things.", health=Health())

    @app.head(ROUTE)
    @app.get(ROUTE)
    async def shown(number: int, request: Request) -> Response:
        request.state.principal = Principal("t-1", "ana", frozenset(), "owner")
        response = thing(number)
        return Response(b"", headers=dict(response.headers)) if request.method == "HEAD" else response

    @app.get("/v1/slow/{number}")
    async def slow(number: int) -> Response:
        await may_answer.wait()
        return thing(number)

    @app.post("/v1/things")
    async def written(request: Request) -> Response:
        request.state.principal = WRITER
        body = await request.body()
        await may_answer.wait()
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
    """A `FastWrite` of numbers below a hundred, by who is known; 13 is a fault of its own."""

    def __init__(self, server: "Server") -> None:
        self._server = server

    def caller(self, headers):
        return WRITER if headers.get(b"authorization") == b"Bearer known" else None

    def begin(self, caller, _headers, body, context, answer) -> bool:
        assert (caller, len(context.trace_id)) == (WRITER, 32)
        if not body.isdigit() or len(body.lstrip(b"0")) > 2:
            return False
        if body == b"13":
            raise LookupError
        self._server.taken.append(body)
        writing = asyncio.create_task(self._write(body, answer))
        self._server.state.tasks.add(writing)
        writing.add_done_callback(self._server.state.tasks.discard)
        return True

    async def _write(self, body, answer) -> None:
        await self._server.may_answer.wait()
        answer(ReadyAnswer.of(written_thing(body), route="/v1/things", tenant="t-1"))


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
