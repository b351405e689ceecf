"""The fast path through the server against the ordinary one, over real sockets: nobody can tell them apart."""

import asyncio
import re
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import pytest
import uvicorn
from fluxo_chassis.http.connections.seats import Seats
from fluxo_chassis.http.cors import Cors
from fluxo_chassis.http.fast import fast_path
from fluxo_chassis.http.fast.fast_path import FastPathProtocol
from fluxo_chassis.http.request_log import RequestLog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from uvicorn.server import ServerState

from libs.chassis.tests.things import LAST, ROUTE, SIZE, Wire, get, ready, without_chance

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop that processes run on."""
    return "asyncio", {"use_uvloop": True}


POST = b"POST /v1/notes HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"

SEQUENCES = {
    "one": get(1),
    "head": get(1, method="HEAD"),
    "own ids": get(
        1, "X-Request-Id: order-7/a", "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ),
    "trace only": get(1, "TraceParent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    "unsafe id": get(1, 'X-Request-Id: a"b'),
    "two ids, the first unsafe": get(1, 'X-Request-Id: a"b', "X-Request-Id: order-8"),
    "two tokens": get(1, "Authorization: Bearer a", "Authorization: Bearer b") + get(2),
    "two ids": get(1, "X-Request-Id: order-7", "X-Request-Id: order-8"),
    "odd header case": get(1, "aCCept: */*", "X-REQUEST-ID: order-7"),
    "several at once": get(1) + get(2) + get(3, method="HEAD") + get(4),
    "hot and cold at once": get(1) + get(101) + get(2) + get(102) + get(3),
    "cold first": get(101) + get(1) + get(2),
    "a body between": get(1) + POST + b"Content-Length: 5\r\n\r\n[1,2]" + get(2),
    "a chunked body between": get(1) + POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n" + get(2),
    "get with a body": get(1, "Content-Length: 5", "Content-Type: application/json") + b"hello" + get(2),
    "get with an empty body": get(1, "Content-Length: 0") + get(2),
    "get with a chunked body": get(1, "Transfer-Encoding: chunked", "Content-Type: application/json")
    + b"5\r\nhello\r\n0\r\n\r\n"
    + get(2),
    "length and chunks": get(1, "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + get(2),
    "two lengths": get(1, "Content-Length: 5", "Content-Length: 6") + b"hello!",
    "a request inside a body": get(1, "Content-Length: 44") + get(2),
    "folded header": b"GET /v1/things/1 HTTP/1.1\r\nHost: t\r\nX-A: b\r\n c\r\n\r\n" + get(2),
    "space before the colon": b"GET /v1/things/1 HTTP/1.1\r\nHost : t\r\n\r\n",
    "bare line feeds": b"GET /v1/things/1 HTTP/1.1\nHost: t\n\n",
    "a null in a header": b"GET /v1/things/1 HTTP/1.1\r\nHost: t\r\nX-A: \x00\r\n\r\n",
    "no host": b"GET /v1/things/1 HTTP/1.1\r\n\r\n",
    "no host in an old version": b"GET /v1/things/1 HTTP/1.0\r\n\r\n",
    "two hosts": get(1, "host: t"),
    "two hosts in an old version": get(1, "Host: u", version="1.0"),
    "two hosts before a body": POST + b"Host: u\r\nContent-Length: 5\r\n\r\n[1,2]",
    "a version before heads": get(1, version="0.9"),
    "no version": b"GET /v1/things/1\r\n\r\n",
    "no version, but a host": b"GET /v1/things/1\r\nHost: t\r\n\r\n",
    "a version without lines": get(1, version="2.0"),
    "empty lines before": b"\r\n\r\n" + get(1) + b"\r\n" + get(2),
    "expects to be told to go on": get(1, "Expect: 100-continue") + get(2),
    "upgrade": get(1, "Connection: Upgrade", "Upgrade: websocket"),
    "another protocol": get(
        1, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"
    ),
    "another protocol for a body": (
        POST
        + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\n[1,2]"
        + POST
        + b"Content-Length: 5\r\n\r\n[3,4]"
    ),
    "old version": get(1, version="1.0"),
    "old version that stays": get(1, "Connection: keep-alive", version="1.0") + get(2),
    "said to stay": get(1, "Connection: keep-alive") + get(2),
    "said to close": get(1, "Connection: close") + get(2),
    "close in the middle": get(1) + get(2, "Connection: Keep-Alive, close") + get(3),
    "close while a cold one is under way": get(101, "Connection: close") + get(1),
    "other methods": get(1, method="OPTIONS") + get(1, method="DELETE") + get(1, method="QUERY"),
    "no method": b"get /v1/things/1 HTTP/1.1\r\nHost: t\r\n\r\n",
    "a query": get("/v1/things/1?x=1") + get("/v1/things/1?") + get("/v1/things/1#x"),
    "other spellings": get("/v1/things/%31") + get("//v1/things/1") + get("/v1/things/1/") + get("/v1/./things/1"),
    "absolute": get("http://t/v1/things/1") + get("http:/v1/things/1"),
    "too much head": get(1, f"X-A: {'x' * 33_000}") + get(2),
    "just not too much head": get(1, f"X-A: {'x' * 32_700}") + get(2),
    "too many headers": get(1, *(f"X-{number}: x" for number in range(8_000))) + get(2),
    "not found": get("/v1/nothing") + get("/"),
}


@pytest.mark.parametrize(
    ("name", "split"),
    [
        (name, split)
        for name, data in SEQUENCES.items()
        for split in (["whole", "again", "by byte", "in threes"] if len(data) <= 2_000 else ["whole", "again"])
    ],
)
async def test_both_ways_give_the_same_bytes(serving, name, split):
    data = SEQUENCES[name] + get(4) + LAST
    step = {"whole": len(data), "again": len(data), "by byte": 1, "in threes": 3}[split]
    chunks = [data[start : start + step] for start in range(0, len(data), step)]
    if split == "again":
        chunks = [SEQUENCES[name], SEQUENCES[name], get(4), get(4), SEQUENCES[name], get(4), LAST]
    ordinary, short = await serving("ordinary"), await serving("short")
    expected = without_chance(await ordinary.answer(*chunks))
    assert expected.startswith(b"HTTP/1.1 ")
    assert without_chance(await short.answer(*chunks)) == expected


@pytest.mark.parametrize("name", ["one", "head", "own ids", "several at once", "hot and cold at once", "cold first"])
async def test_over_sockets_too(serving, name):
    ordinary, short = await serving("ordinary"), await serving("short")
    expected = without_chance(await ordinary.talk(SEQUENCES[name] + LAST))
    for step in (1, 7, 10_000):
        data = SEQUENCES[name] + LAST
        chunks = [data[start : start + step] for start in range(0, len(data), step)]
        assert without_chance(await short.talk(*chunks)) == expected


@pytest.mark.parametrize("cut", range(1, len(get(1)), 3))
async def test_the_same_bytes_are_the_same_request_only_where_one_begins(serving, cut):
    request = get(1)
    begin, end = request[:cut], request[cut:]
    short = await serving("short")
    for chunks in (
        [request, request, begin, *[end + begin] * 3, end, request, LAST],
        [begin, *[end + request] * 2, LAST],
        [request, begin, request, LAST],
    ):
        by_byte = (bytes([byte]) for chunk in chunks for byte in chunk)
        assert without_chance(await short.answer(*chunks)) == without_chance(await short.answer(*by_byte))


async def test_a_request_that_is_sent_again_is_answered_anew_and_not_parsed_again(serving):
    short = await serving("short")
    protocol, wire = short.make(), Wire()
    protocol.connection_made(wire)
    protocol.data_received(get(1))
    protocol.parser = None
    protocol.data_received(get(1))
    assert without_chance(wire.written).count(b'"number":1') == 2
    assert short.taken == [b"/v1/things/1"] * 2
    protocol.pause_writing()
    with pytest.raises(AttributeError, match="feed_data"):
        protocol.data_received(get(1))


async def test_two_tokens_are_refused_though_an_answer_is_ready(serving):
    answers = await (await serving("short")).answer(SEQUENCES["two tokens"])
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert b'{"pointer":"Authorization","detail":"It is given more than once."}' in answers


@pytest.mark.parametrize("way", ["ordinary", "short"])
@pytest.mark.parametrize(
    "name", [name for name in SEQUENCES if re.match("no host$|two hosts|a version|no version", name)]
)
async def test_a_head_that_nobody_can_tell_for_whom_it_is_ends_the_connection(serving, way, name):
    server = await serving(way)
    answers = await server.answer(SEQUENCES[name] + get(2))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"400"]
    assert answers.endswith(b"(closed)")
    assert server.taken == []


async def test_ids_are_honoured(serving):
    short = await serving("short")
    assert b"x-request-id: order-7/a\r\n" in await short.answer(SEQUENCES["own ids"])
    assert b"x-request-id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n" in await short.answer(SEQUENCES["trace only"])
    assert len(short.taken) == 2


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("one", 1),
        ("head", 1),
        ("own ids", 1),
        ("odd header case", 1),
        ("several at once", 4),
        ("hot and cold at once", 1),
        ("cold first", 0),
        ("said to stay", 2),
        ("no host", 0),
        ("two hosts", 0),
        ("a body between", 1),
        ("get with a body", 0),
        ("get with an empty body", 0),
        ("length and chunks", 0),
        ("two ids, the first unsafe", 0),
        ("two tokens", 0),
        ("two ids", 0),
        ("expects to be told to go on", 0),
        ("upgrade", 0),
        ("old version", 0),
        ("old version that stays", 0),
        ("said to close", 0),
        ("close in the middle", 1),
        ("absolute", 0),
        ("a query", 0),
        ("other methods", 0),
        ("too much head", 0),
        ("just not too much head", 2),
    ],
)
async def test_what_is_plain_and_ready_takes_the_fast_path_and_nothing_else_does(serving, name, taken):
    short = await serving("short")
    await short.answer(SEQUENCES[name])
    assert len(short.taken) == taken


async def test_garbage_after_a_ready_answer_is_refused_after_it(serving):
    """The slow path refuses the garbage before it has answered what came first."""
    answers = await (await serving("short")).answer(get(1) + b"\x00\x01\r\n\r\n")
    assert re.findall(rb"HTTP/1.1 \d+", answers) == [b"HTTP/1.1 200", b"HTTP/1.1 400"]


async def test_a_fault_in_the_fast_path_is_logged_and_costs_nobody_an_answer(serving):
    def fails(*_request):
        raise LookupError

    short = await serving("short", take=fails)
    with capture_logs() as lines:
        answers = await short.talk(get(1) + LAST)
        short.settle()
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert [line["event"] for line in lines] == ["the fast path failed", "request", "request"]


async def test_line_and_metrics_are_the_same(serving):
    labels = {"method": "GET", "route": ROUTE, "status": "200"}

    def counted() -> float:
        return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0

    seen = []
    ids = ["X-Request-Id: order-7", "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]
    for way in ("ordinary", "short"):
        server = await serving(way)
        before = counted()
        with capture_logs() as lines:
            await server.talk(get(1, *ids) + get(2), LAST)
            server.settle()
        assert counted() == before + 3
        seen.append([sorted(line) for line in lines])
        assert {line.pop("event.duration") > 0 for line in lines} == {True}
        seen.append(lines)
    assert seen[0] == seen[2]
    assert seen[1] == seen[3]


async def test_answers_behind_a_slow_one_wait_for_it(serving):
    short = await serving("short")
    short.may_answer.clear()
    talking = asyncio.create_task(short.talk(get(1) + get("/v1/slow/7") + get(2) + get(3) + LAST))
    async with asyncio.timeout(60):
        while not short.state.tasks:  # noqa: ASYNC110 - the server's tasks are no event of ours
            await asyncio.sleep(0.001)
    short.may_answer.set()
    assert re.findall(rb'"number":(\d+)', await talking) == [b"1", b"7", b"2", b"3", b"1000"]
    assert short.taken == [b"/v1/things/1"]


async def test_who_asks_and_does_not_read_fills_no_memory_and_what_is_answered_comes_in_order(serving):
    short = await serving("short", take=partial(ready, size=SIZE))
    reader, writer = await asyncio.open_connection("127.0.0.1", short.port, limit=2**10)
    count, taken, buffered = 2_000, -1, 0

    async def ask() -> None:
        with suppress(ConnectionError):
            for number in range(count):
                writer.write(get(number % 100))
                await writer.drain()

    asking = asyncio.create_task(ask())
    while not buffered or taken != len(short.taken):
        taken = len(short.taken)
        await asyncio.sleep(0.05)
        buffered = max(buffered, *(each.transport.get_write_buffer_size() for each in short.protocols))
    assert buffered < 10 * SIZE
    assert len(short.taken) < count
    reading = bytearray()
    with suppress(ConnectionError):  # Not all that it sent was read when its connection was closed.
        async with asyncio.timeout(30):
            while chunk := await reader.read(2**20):
                reading += chunk
    await asking
    answered = [int(number) for number in re.findall(rb'"number":(\d+)', reading)]
    assert answered == [number % 100 for number in range(len(answered))]
    assert taken <= len(answered) < count
    writer.close()


async def test_a_connection_that_is_idle_is_closed(serving):
    short = await serving("short", keep_alive_s=0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", short.port)
    writer.write(get(1))
    async with asyncio.timeout(60):
        assert (await reader.read()).count(b"HTTP/1.1 200 OK") == 1
    assert len(short.taken) == 1
    writer.close()


async def test_its_idle_time_counts_from_the_last_answer(serving, monkeypatch):
    short = await serving("short", keep_alive_s=75)
    protocol, wire = short.make(), Wire()
    clock, timers = 1_000.0, []
    monkeypatch.setattr(fast_path.time, "perf_counter", lambda: clock)
    protocol.loop = SimpleNamespace(call_later=lambda *timer: timers.append(timer) or timer, time=lambda: clock)
    protocol.connection_made(wire)
    protocol.data_received(get(1))
    clock += 50
    protocol.data_received(get(1))
    ((after_s, look),) = timers
    assert after_s == 75
    clock += 25
    look()
    assert not wire.is_closed
    after_s, look = timers[1]
    assert after_s == pytest.approx(50)
    clock += 50
    look()
    assert wire.is_closed


async def test_one_that_waits_for_an_ordinary_answer_is_not_idle(serving):
    short = await serving("short", keep_alive_s=0.05)
    short.may_answer.clear()
    talking = asyncio.create_task(short.talk(get(1) + get("/v1/slow/7"), LAST))
    await asyncio.sleep(0.2)
    short.may_answer.set()
    assert (await talking).count(b"HTTP/1.1 200 OK") == 3


async def test_a_closed_connection_leaves_no_timer_behind(serving):
    short = await serving("short")
    await short.talk(get(1), LAST)
    (protocol,) = short.protocols
    async with asyncio.timeout(60):
        while protocol in short.state.connections:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.001)
    assert protocol._idle_timer is None or protocol._idle_timer.cancelled()


async def test_a_server_that_stops_closes_the_idle_and_answers_the_others(serving):
    short = await serving("short")
    short.may_answer.clear()
    idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", short.port)
    idle_writer.write(get(1))
    await idle_reader.readuntil(b"}")
    busy_reader, busy_writer = await asyncio.open_connection("127.0.0.1", short.port)
    busy_writer.write(get(1) + get("/v1/slow/7"))
    await busy_reader.readuntil(b"}")
    for connection in list(short.state.connections):
        connection.shutdown()
    async with asyncio.timeout(60):
        assert await idle_reader.read() == b""
        short.may_answer.set()
        last = await busy_reader.read()
    assert b"connection: close" in last
    assert b'"number":7' in last
    idle_writer.close()
    busy_writer.close()


def test_the_date_is_that_of_the_server():
    state = ServerState()
    protocol = FastPathProtocol(
        uvicorn.Config(lambda: None, http="httptools", ws="none", lifespan="off", log_config=None),
        state,
        {},
        asyncio.new_event_loop(),
        seats=Seats(),
        fast_path=ready,
        account=RequestLog(),
        cors=Cors(()),
    )
    written = []
    protocol.transport = type("Transport", (), {"write_whole": written.append})()
    for date in (b"then", b"now"):
        state.default_headers = [(b"date", date)]
        protocol._send(ready(b"GET", b"/v1/things/1", {}), "order-7", b"")
    assert [b"date: then\r\n" in written[0], b"date: now\r\n" in written[1]] == [True, True]
    assert fast_path.STATUS_LINE[200] == b"HTTP/1.1 200 OK\r\n"
