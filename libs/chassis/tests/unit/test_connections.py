"""What a connection may owe, and how many there may be: the protocol without sockets, in virtual time."""

import asyncio
import resource

import orjson
import pytest
import uvicorn
from fluxo_chassis.http.connections import seats as module
from fluxo_chassis.http.connections.protocol import (
    BODY_BYTES_PER_S_MIN,
    BODY_WITHIN_S,
    CHUNK_BYTES_MIN,
    HEAD_LIMIT_BYTES,
    HEAD_WITHIN_S,
    HEADER_LINES_MAX,
    PIPELINED_MAX,
    SMALL_CHUNKS_MAX,
    SPARE_WITHIN_S,
)
from fluxo_chassis.http.connections.seats import OTHER_DESCRIPTORS, SPARE, UNWANTED_BYTES_PER_S, Seats
from fluxo_chassis.http.fast.write_coalescing import CoalescingProtocol
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from uvicorn.server import ServerState

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

HEAD = b"GET /v1/things HTTP/1.1\r\nHost: t\r\n"
POST = b"POST /v1/things HTTP/1.1\r\nHost: t\r\n"
SHORTLY = 2.5


class Wire(asyncio.Transport):
    def __init__(self, address):
        super().__init__({"peername": (address, 1)})
        self.written = b""
        self.is_closed = self.is_aborted = self.is_paused = False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    def abort(self):
        self.is_aborted = True

    def pause_reading(self):
        self.is_paused = True

    def resume_reading(self):
        self.is_paused = False


class Service:
    """Answers when it has the body, unless it is told otherwise; `/stream` never ends."""

    def __init__(self, seats):
        self.seats = seats
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.answers_at_once = False
        self.bodies = []
        self.config = uvicorn.Config(
            self.app, interface="asgi3", lifespan="off", log_config=None, timeout_keep_alive=75
        )
        self.config.load()
        self.state = ServerState()

    async def app(self, scope, receive, send):
        await self.may_read.wait()
        more, body = not self.answers_at_once, b""
        while more:
            message = await receive()
            more, body = message.get("more_body", False), body + message.get("body", b"")
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/stream":
            await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": b"done"})

    def connect(self, address="10.0.0.1"):
        protocol = CoalescingProtocol(config=self.config, server_state=self.state, app_state={}, seats=self.seats)
        wire = Wire(address)
        protocol.connection_made(wire)
        return protocol, wire


@pytest.fixture
async def service(virtual_time):
    service = Service(Seats(total_max=4))
    yield service
    for task in service.state.tasks:
        task.cancel()


def refused(reason):
    return REGISTRY.get_sample_value("http_connections_refused_total", {"reason": reason}) or 0


def problem_of(wire):
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    problem = orjson.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % problem["status"])
    return problem["status"]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (HEAD, b"a:\r\n"),
        (HEAD + b"X: ", b"x" * 100),
        (b"GET /", b"x" * 100),
        (b"", b"\r\n"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"5;" + b"x" * 100),
    ],
)
async def test_a_head_that_does_not_end_is_refused_at_32_kib(service, before, line):
    service.may_read.clear()
    protocol, wire = service.connect()
    count = refused("head-too-large")
    protocol.data_received(before)
    sent = 0
    while not wire.is_closed:
        protocol.data_received(line)
        sent += len(line)
        assert sent < HEAD_LIMIT_BYTES + 200
    assert sent > HEAD_LIMIT_BYTES - 200
    assert problem_of(wire) == 431
    assert refused("head-too-large") == count + 1
    protocol.data_received(line)


async def test_a_long_body_is_no_head_and_each_head_counts_for_itself(service):
    protocol, wire = service.connect()
    piece = b"x" * 1_000
    protocol.data_received(POST + b"Content-Length: 40000\r\n\r\n")
    for _ in range(40):
        protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(20):
        protocol.data_received(HEAD)
        protocol.data_received(b"X: " + piece * 3 + b"\r\n\r\n")
        await asyncio.sleep(0)
    await asyncio.sleep(1)
    assert wire.written.count(b"HTTP/1.1 200") == 21
    assert not wire.is_closed


@pytest.mark.parametrize("step", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: 26\r\n", b"GET /a HTTP/1.1\r\nHost: t\r\n"[:26]),
        (b"Transfer-Encoding: chunked\r\n", b"4\r\nGET \r\n16\r\n/a HTTP/1.1\r\nHost: t\r\n\r\n0\r\n\r\n"),
        (b"", b""),
        (b"Content-Length: 0\r\n", b""),
    ],
)
async def test_who_offers_another_protocol_is_answered_in_this_one(service, framing, body, step):
    protocol, wire = service.connect()
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
    sent = (POST + offer + framing + b"\r\n" + body) * 2 + POST + b"Content-Length: 2\r\n\r\n{}"
    for start in range(0, len(sent), step):
        protocol.data_received(sent[start : start + step])
        await asyncio.sleep(0)
    await asyncio.sleep(1)
    assert wire.written.count(b"HTTP/1.1 200") == 3
    assert not wire.is_closed
    assert service.bodies == [b"GET /a HTTP/1.1\r\nHost: t\r\n"[:26] if body else b""] * 2 + [b"{}"]


@pytest.mark.parametrize(("sent", "status"), [(b"", None), (b"G", 408), (HEAD, 408), (b"\r\n", 408)])
@pytest.mark.parametrize("is_first", [True, False])
async def test_who_does_not_finish_a_head_is_let_go(service, sent, status, is_first):
    protocol, wire = service.connect()
    if not is_first:
        protocol.data_received(HEAD + b"\r\n")
        await asyncio.sleep(0.1)
        assert wire.written.endswith(b"done\r\n0\r\n\r\n")
        wire.written = b""
    count = refused("slow-head")
    if sent:
        protocol.data_received(sent)
    await asyncio.sleep(HEAD_WITHIN_S - 1)
    assert not wire.is_closed
    await asyncio.sleep(1 + SHORTLY)
    if not sent and not is_first:
        assert not wire.is_closed  # It has been answered, and may be idle for longer.
        return
    assert wire.is_closed
    assert wire.written == b"" if status is None else problem_of(wire) == status
    assert refused("slow-head") == count + 1


async def test_a_head_every_second_is_not_slow(service):
    protocol, wire = service.connect()
    for _ in range(30):
        protocol.data_received(b"\r\n" + HEAD)
        await asyncio.sleep(1)
        protocol.data_received(b"\r\n")
    assert not wire.is_closed


async def test_a_body_comes_at_a_least_rate(service):
    count = refused("slow-body")
    (fast, fast_wire), (slow, slow_wire) = service.connect(), service.connect()
    for protocol in (fast, slow):
        protocol.data_received(POST + b"Content-Length: 1000000\r\n\r\n")
    for _ in range(int(BODY_WITHIN_S) * 3):
        fast.data_received(b"x" * BODY_BYTES_PER_S_MIN)
        if not slow_wire.is_closed:
            slow.data_received(b"x" * (BODY_BYTES_PER_S_MIN // 3))
        await asyncio.sleep(1)
    assert (fast_wire.is_closed, slow_wire.is_closed) == (False, True)
    assert problem_of(slow_wire) == 408
    assert refused("slow-body") == count + 1


async def test_a_body_that_we_do_not_read_is_not_slow(service):
    service.may_read.clear()
    protocol, wire = service.connect()
    protocol.data_received(POST + b"Content-Length: 1000000\r\n\r\n")
    protocol.data_received(b"x" * 70_000)
    assert wire.is_paused
    await asyncio.sleep(200)
    assert not wire.is_closed


async def test_a_body_that_nobody_wants_ends_soon(service):
    service.answers_at_once = True
    protocol, wire = service.connect()
    protocol.data_received(POST + b"Content-Length: 1000000\r\n\r\n")
    for _ in range(int(BODY_WITHIN_S + SHORTLY) + 1):
        await asyncio.sleep(1)
        protocol.data_received(b"x" * 10_000)
    assert wire.is_closed
    assert wire.written.count(b"HTTP/1.1") == 1


async def test_bodies_that_nobody_wants_are_read_slowly_in_all(service):
    service.answers_at_once = True
    connections = [service.connect(address) for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2")]
    for protocol, _ in connections:
        protocol.data_received(POST + b"Content-Length: 100000000\r\n\r\n")
    await asyncio.sleep(0.01)
    assert all(wire.written.endswith(b"done\r\n0\r\n\r\n") for _, wire in connections)
    read_bytes = 0
    for _ in range(500):
        for protocol, wire in connections:
            if not wire.is_paused:
                protocol.data_received(b"x" * 262_144)
                read_bytes += 262_144
        await asyncio.sleep(0.01)
    assert read_bytes < 6 * UNWANTED_BYTES_PER_S
    assert not any(wire.is_closed for _, wire in connections)


async def test_after_a_body_that_nobody_wanted_the_connection_goes_on(service):
    service.answers_at_once = True
    protocol, wire = service.connect()
    protocol.data_received(POST + b"Content-Length: 300000\r\n\r\n")
    await asyncio.sleep(0.01)
    protocol.data_received(b"x" * 200_000)
    assert wire.is_paused
    await asyncio.sleep(200_000 / UNWANTED_BYTES_PER_S + 0.01)
    assert not wire.is_paused
    protocol.data_received(b"x" * 100_000 + HEAD + b"\r\n")
    await asyncio.sleep(0.01)
    assert wire.written.count(b"HTTP/1.1 200") == 2
    assert not wire.is_paused


async def test_who_would_wait_too_long_to_be_read_is_let_go(service):
    service.answers_at_once = True
    count = refused("unwanted-body")
    connections = [service.connect(address) for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2")]
    for protocol, _ in connections:
        protocol.data_received(POST + b"Content-Length: 1000000000\r\n\r\n")
    await asyncio.sleep(0.01)
    for protocol, _ in connections:
        protocol.data_received(b"x" * int(UNWANTED_BYTES_PER_S * BODY_WITHIN_S * 0.4))
    assert [wire.is_closed for _, wire in connections] == [False, False, True]
    assert refused("unwanted-body") == count + 1


async def test_a_body_in_crumbs_is_refused(service):
    service.may_read.clear()
    protocol, wire = service.connect()
    count = refused("chunks-too-small")
    protocol.data_received(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    sent = 0
    while not wire.is_closed:
        protocol.data_received(b"1\r\nx\r\n" * 10)
        sent += 10
        assert sent <= SMALL_CHUNKS_MAX + 50
    assert sent > SMALL_CHUNKS_MAX - 50
    assert problem_of(wire) == 400
    assert orjson.loads(wire.written.partition(b"\r\n\r\n")[2])["type"].endswith("chunks-too-small")
    assert refused("chunks-too-small") == count + 1
    protocol.data_received(b"1\r\nx\r\n")


@pytest.mark.parametrize(("size", "count"), [(1, SMALL_CHUNKS_MAX - 100), (CHUNK_BYTES_MIN, 20_000), (5_000, 5_000)])
async def test_few_small_chunks_and_many_others_are_a_body(service, size, count):
    protocol, wire = service.connect()
    protocol.data_received(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"%x\r\n%b\r\n" % (size, b"x" * size)
    for _ in range(count // 100):
        protocol.data_received(chunk * 100)
        await asyncio.sleep(0)
    protocol.data_received(b"0\r\n\r\n")
    await asyncio.sleep(0.1)
    assert [len(body) for body in service.bodies] == [size * count]
    assert not wire.is_closed


async def test_of_very_many_requests_at_once_the_first_are_answered(service):
    service.may_read.clear()
    protocol, wire = service.connect()
    count = refused("pipelined")
    protocol.data_received((HEAD + b"\r\n") * 10_000)
    assert len(protocol.pipeline) == PIPELINED_MAX
    service.may_read.set()
    await asyncio.sleep(1)
    assert wire.written.count(b"HTTP/1.1 200") == 1 + PIPELINED_MAX
    assert wire.written.count(b"connection: close") == 1
    assert wire.is_closed
    assert refused("pipelined") == count + 1


async def test_after_very_many_requests_no_other_is_taken(service):
    service.may_read.clear()
    protocol, wire = service.connect()
    protocol.data_received((POST + b"Content-Length: 2\r\n\r\n{}") * (PIPELINED_MAX + 2))
    protocol.data_received(HEAD + b"\r\n")
    service.may_read.set()
    await asyncio.sleep(1)
    assert wire.written.count(b"HTTP/1.1 200") == 1 + PIPELINED_MAX
    assert service.bodies == [b"{}"] * (1 + PIPELINED_MAX)
    assert wire.is_closed


async def test_a_stream_of_events_stays_open(service):
    protocol, wire = service.connect()
    protocol.data_received(b"GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
    await asyncio.sleep(1_000)
    assert wire.written.startswith(b"HTTP/1.1 200")
    assert not wire.is_closed


async def test_who_does_not_take_the_end_of_an_answer_is_cut_off(service):
    _, wire = service.connect()
    await asyncio.sleep(HEAD_WITHIN_S + 100)
    assert (wire.is_closed, wire.is_aborted) == (True, True)


async def test_no_address_has_more_than_half_and_all_together_what_there_is(service):
    with capture_logs() as lines:
        first = [service.connect() for _ in range(3)]
        others = [service.connect(f"10.0.0.{number}") for number in (2, 3, 4)]
        await asyncio.sleep(0)
    for protocol, wire in (first[2], others[2]):
        protocol.data_received(HEAD + b"\r\n")
        assert problem_of(wire) == 503
    assert [line["event"] for line in lines] == ["connections are refused"]
    first[0][0].connection_lost(None)
    protocol, wire = service.connect()
    protocol.data_received(HEAD + b"\r\n")
    await asyncio.sleep(0)
    assert wire.written.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", [b"/health/live", b"/metrics"])
async def test_probes_get_in_although_all_is_full(service, path):
    for number in range(4):
        service.connect(f"10.0.0.{number}")
    protocol, wire = service.connect()
    protocol.data_received(b"GET %b HTTP/1.1\r\nHost: t\r\n\r\n" % path)
    await asyncio.sleep(0.1)
    assert wire.written.startswith(b"HTTP/1.1 200")
    assert wire.is_closed


async def test_who_sits_on_a_probes_seat_and_says_nothing_is_soon_gone(service):
    held = [service.connect(f"10.0.0.{number}") for number in range(4 + SPARE)]
    assert service.connect("10.0.1.1")[1].is_closed
    await asyncio.sleep(SPARE_WITHIN_S + SHORTLY)
    assert [wire.is_closed for _, wire in held] == [False] * 4 + [True] * SPARE
    for protocol, _ in held[4:]:
        protocol.connection_lost(None)
    assert not service.connect("10.0.1.1")[1].is_closed


async def test_the_log_tells_of_many_in_one_line(service):
    with capture_logs() as lines:
        for _ in range(100):
            service.connect()
        await asyncio.sleep(module.TELL_EVERY_S)
        service.connect()
    assert [line["reason"] for line in lines] == ["address-full", "address-full, slow-head"]


@pytest.mark.parametrize(
    ("limit", "total"), [(256, SPARE), (1_024, 1_024 - SPARE - OTHER_DESCRIPTORS), (99_999, 4_096)]
)
def test_descriptors_decide_how_many(monkeypatch, limit, total):
    taken = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (min(limit, 256), limit))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: taken.append(limits))
    assert Seats.as_descriptors_allow()._total_max == total
    assert all(soft <= hard == limit for soft, hard in taken)


def test_a_request_has_a_hundred_header_lines_at_most():
    assert HEADER_LINES_MAX == 100
