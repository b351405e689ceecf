import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fluxo_balances.application.reading import follow_changes as module
from fluxo_balances.entrypoints.http.follow_changes import HEARTBEAT_EVERY_S, PATH
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio

RETRY = b"retry: 2000\n\n"
HEARTBEAT = b": heartbeat\n\n"
UNHEARD_OF = b'id: 0\nevent: changed\ndata: {"as_of":null}\n\n'
CHANGED = b'id: 1\nevent: changed\ndata: {"as_of":"2026-11-22T14:32:10.123456Z"}\n\n'
UNAVAILABLE = b"event: unavailable\ndata: {}\n\n"


@dataclass
class Stream:
    """An answer that is read while it goes on."""

    head: dict[str, Any] = field(default_factory=dict)
    pieces: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue)
    has_left: asyncio.Event = field(default_factory=asyncio.Event)
    answering: "asyncio.Task[None] | None" = None

    async def receive(self) -> dict[str, Any]:
        if not hasattr(self, "was_sent"):
            self.was_sent = True
            return {"type": "http.request"}
        await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.head = message
        else:
            self.pieces.put_nowait(message.get("body", b""))

    async def next(self) -> bytes:
        """Return the next piece; nothing at the answer's end."""
        async with asyncio.timeout(60):
            return await self.pieces.get()

    async def leave(self) -> None:
        self.has_left.set()
        await self.answering


@pytest.fixture
async def open_stream(service) -> AsyncIterator[Any]:
    """Ask for the changes as the service's merchant, with further headers."""
    streams, stop = list[Stream](), asyncio.Event()
    watching = asyncio.create_task(service.follow_changes.watch(stop))

    def ask(**headers: str) -> Stream:
        given = {"host": "t", "authorization": service.http.headers["authorization"]} | headers
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": PATH,
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        }
        stream = Stream()
        stream.answering = asyncio.create_task(service.app(scope, stream.receive, stream.send))
        streams.append(stream)
        return stream

    yield ask
    for stream in streams:
        await stream.leave()
    stop.set()
    await watching


def open_streams() -> float:
    return REGISTRY.get_sample_value("balance_change_streams")


async def test_a_page_is_told_where_its_merchant_stands_and_of_changes(service, open_stream, memory_positions):
    stream = open_stream()
    assert [await stream.next() for _ in range(2)] == [RETRY, UNHEARD_OF]
    memory_positions.changes["m1"] += 1
    service.follow_changes.hear(["m1"])
    assert await stream.next() == CHANGED
    headers = dict(stream.head["headers"])
    assert stream.head["status"] == 200
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert (headers[b"cache-control"], headers[b"x-accel-buffering"]) == (b"no-store", b"no")


async def test_a_page_that_knows_the_position_gets_heartbeats_until_something_changes(
    service, open_stream, memory_positions
):
    memory_positions.changes["m1"] = 1
    stream, began = open_stream(last_event_id="1"), time.monotonic()
    assert [await stream.next() for _ in range(4)] == [RETRY, HEARTBEAT, HEARTBEAT, HEARTBEAT]
    assert time.monotonic() - began == pytest.approx(3 * HEARTBEAT_EVERY_S)
    assert (await open_stream(last_event_id="0").next(), await open_stream(last_event_id="é").next()) == (RETRY, RETRY)


async def test_while_the_database_is_away_the_stream_stays_and_says_so(service, open_stream, memory_positions):
    memory_positions.is_unavailable = True
    stream = open_stream()
    assert [await stream.next() for _ in range(3)] == [RETRY, UNAVAILABLE, HEARTBEAT]
    memory_positions.is_unavailable = False
    assert await stream.next() == UNHEARD_OF


async def test_a_stream_ends_with_its_token(service, open_stream):
    token = service.http.headers["authorization"].removeprefix("Bearer ")
    service.issuer.principals[token] = replace(service.issuer.principals[token], expires_at=time.time() + 40)
    stream, began = open_stream(), time.monotonic()
    assert [await stream.next() for _ in range(4)] == [RETRY, UNHEARD_OF, HEARTBEAT, HEARTBEAT]
    assert await stream.next() == b""
    await stream.answering
    assert time.monotonic() - began == pytest.approx(40, abs=1)


async def test_too_many_streams_are_refused_early_and_one_that_is_left_makes_room(service, open_stream, monkeypatch):
    monkeypatch.setattr(module, "FOLLOWERS_PER_MERCHANT_MAX", 1)
    before, stream = open_streams(), open_stream()
    await stream.next()
    assert open_streams() == before + 1
    answer = await service.http.get(PATH)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/overloaded")
    assert answer.headers["retry-after"] == "1"
    await stream.leave()
    assert open_streams() == before
    assert await open_stream().next() == RETRY


async def test_a_stream_counts_as_answered_when_it_begins_and_never_again(service, open_stream):
    def answered() -> float:
        labels = {"method": "GET", "route": PATH, "status": "200"}
        return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0

    before, stream = answered(), open_stream()
    assert [await stream.next() for _ in range(3)] == [RETRY, UNHEARD_OF, HEARTBEAT]
    service.app.state.account.settle()
    assert answered() == before + 1
    await stream.leave()
    service.app.state.account.settle()
    assert answered() == before + 1


async def test_changes_are_for_readers_of_balances_and_head_says_what_get_would(service, open_stream):
    service.as_merchant("m1", "entries:read")
    assert (await service.http.get(PATH)).status_code == 403
    service.as_merchant("m1")
    answer = await service.http.head(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (await service.http.post(PATH)).headers["allow"] == "GET, HEAD"
