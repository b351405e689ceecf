"""The fast path of what is not ready against the ordinary one: nobody can tell them apart, however the bytes arrive."""

import asyncio
import re

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from libs.chassis.tests.things import LAST, Wire, get, post, without_chance

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop that processes run on."""
    return "asyncio", {"use_uvloop": True}


KNOWN = "Authorization: Bearer known"
TRACE = "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

# By name: what is sent, and how much of it takes the fast path.
SEQUENCES = {
    "one": (post("7"), 1),
    "own ids": (post("7", "X-Request-Id: order-7/a", TRACE), 1),
    "two ids": (post("7", "X-Request-Id: a", "X-Request-Id: b"), 0),
    "several at once": (post("1") + post("2") + post("3"), None),
    "reads and writes at once": (get(1) + post("2") + get(3) + post("4") + get(101) + post("5") + get(6), None),
    "one that is refused between": (post("1") + post("x") + post("2"), None),
    "refused": (post("no") + post(""), 0),
    "declined": (post("100"), 0),
    "a fault": (post("13"), 0),
    "nobody known": (post("7", "Authorization: Bearer unknown") + post("7", "Authorization:"), 0),
    "another address": (post("7", target="/v1/notes") + post("7", target="/v1/things?x") + post("7", target="/no"), 0),
    "another type": (post("7", "Content-Type: text/plain") + post("7", "Content-Type:"), 0),
    "a type with a parameter": (post("7", "Content-Type: application/json; charset=utf-8"), 0),
    "encoded": (post("7", "Content-Encoding: gzip") + post("7", "Content-Encoding: identity"), 0),
    "no host": (post("7", "Host:"), 0),
    "in pieces": (post("1\r\n7\r\n0\r\n\r\n", "Content-Length:", "Transfer-Encoding: chunked"), 0),
    "expects to be told to go on": (post("7", "Expect: 100-continue"), 0),
    "no length": (post("", "Content-Length:"), 0),
    "a long body": (post("7" * 16_385), 0),
    "just not a long body": (post("0" * 16_383 + "7"), 1),
    "too long a body": (post("7" * 70_000), 0),
    "two lengths": (post("7", "Content-Length: 1", "Content-Length: 1"), 0),
    "a shorter length": (post("77", "Content-Length: 1") + post("8"), None),
    "a request inside the body": (post("7" * 40, "Content-Length: 100"), 0),
    "said to close": (post("7", "Connection: close") + post("8"), 0),
    "old version": (post("7", version="1.0"), 0),
    "other methods": (post("7").replace(b"POST", b"PUT") + post("7").replace(b"POST", b"PATCH"), 0),
    "read": (get("/v1/slow/7", KNOWN), 1),
    "head": (get("/v1/slow/7", KNOWN, method="HEAD"), 1),
    "read and written at once": (get("/v1/slow/7", KNOWN) + post("8") + get("/v1/slow/9", KNOWN) + get(1), None),
    "read by nobody known": (get("/v1/slow/7") + get("/v1/slow/8", "Authorization: Bearer unknown"), 0),
    "read, and declined": (get("/v1/slow/700", KNOWN) + get("/v1/slow/x", KNOWN), 0),
    "read with a body": (get("/v1/slow/7", KNOWN, "Content-Length: 1", "Content-Type: application/json") + b"7", 0),
    "read with an empty body": (get("/v1/slow/7", KNOWN, "Content-Length: 0"), 0),
    "garbage after it": (post("7") + b"\x00\x01\r\n\r\n", None),
}


@pytest.mark.parametrize(
    ("name", "split"),
    [
        (name, split)
        for name, (data, _) in SEQUENCES.items()
        for split in (["whole", "by byte", "in threes"] if len(data) <= 2_000 else ["whole"])
        if name != "garbage after it"  # The slow path refuses it before it has answered what came first.
    ],
)
async def test_both_ways_give_the_same_bytes(serving, name, split):
    data = SEQUENCES[name][0] + get(4) + post("9") + LAST
    step = {"whole": len(data), "by byte": 1, "in threes": 3}[split]
    chunks = [data[start : start + step] for start in range(0, len(data), step)]
    ordinary, short = await serving("ordinary"), await serving("short")
    expected = without_chance(await ordinary.answer(*chunks))
    assert expected.startswith(b"HTTP/1.1 ")
    assert without_chance(await short.answer(*chunks)) == expected


@pytest.mark.parametrize("step", [1, 7, 10_000])
async def test_over_sockets_too(serving, step):
    data = b"".join(SEQUENCES[name][0] for name in ("several at once", "reads and writes at once")) + LAST
    ordinary, short = await serving("ordinary"), await serving("short")
    chunks = [data[start : start + step] for start in range(0, len(data), step)]
    assert without_chance(await short.talk(*chunks)) == without_chance(await ordinary.talk(data))
    assert short.taken


@pytest.mark.parametrize(("name", "taken"), [(n, taken) for n, (_, taken) in SEQUENCES.items() if taken is not None])
async def test_what_is_plain_and_good_takes_the_fast_path_and_nothing_else_does(serving, name, taken):
    short = await serving("short")
    await short.answer(SEQUENCES[name][0])
    assert len(short.taken) == taken


async def test_a_fault_is_logged_and_costs_nobody_an_answer(serving):
    short = await serving("short")
    with capture_logs() as lines:
        answers = await short.answer(post("13"))
        short.settle()
    assert answers.startswith(b"HTTP/1.1 201 ")
    assert [line["event"] for line in lines] == ["the fast path failed", "request"]


async def test_line_and_metrics_are_the_same(serving):
    labels = {"method": "POST", "route": "/v1/things", "status": "201"}

    def counted() -> float:
        return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0

    seen = []
    for way in ("ordinary", "short"):
        server = await serving(way)
        before = counted()
        with capture_logs() as lines:
            await server.answer(post("7", "X-Request-Id: order-7", TRACE))
            server.settle()
        assert counted() == before + 1
        seen.append([(name, value) for line in lines for name, value in line.items() if name != "event.duration"])
        assert lines[0]["event.duration"] > 0
    assert seen[0] == seen[1]


async def test_what_comes_meanwhile_waits_for_its_turn(serving):
    short = await serving("short")
    short.may_answer.clear()
    protocol, wire = short.make(), Wire()
    protocol.connection_made(wire)
    protocol.data_received(post("7") + post("8") + get(1))
    await asyncio.sleep(0)
    assert not wire.written
    assert not wire.may_read.is_set()  # Who sends more than is answered is not read.
    short.may_answer.set()
    while short.state.tasks:
        await asyncio.wait(short.state.tasks)
    assert re.findall(rb'"number":(\d+)', wire.written) == [b"7", b"8", b"1"]
    assert wire.may_read.is_set()
    protocol.connection_lost(None)


async def test_a_server_that_stops_answers_and_closes(serving):
    ended = []
    for way in ("ordinary", "short"):
        server = await serving(way)
        server.may_answer.clear()
        protocol, wire = server.make(), Wire()
        protocol.connection_made(wire)
        protocol.data_received(post("7"))
        protocol.shutdown()
        assert not wire.is_closed
        server.may_answer.set()
        while server.state.tasks:
            await asyncio.wait(server.state.tasks)
        assert wire.is_closed
        ended.append(without_chance(bytes(wire.written)))
        protocol.connection_lost(None)
    assert b"connection: close\r\n" in ended[0]
    assert ended[0] == ended[1]


async def test_a_server_that_stops_closes_what_goes_the_slow_path_after_all(serving):
    short = await serving("short")
    protocol, wire = short.make(), Wire()
    protocol.connection_made(wire)
    declined = post("700")
    protocol.data_received(declined[:-1])
    protocol.shutdown()
    protocol.data_received(declined[-1:])
    while short.state.tasks:
        await asyncio.wait(short.state.tasks)
    assert b"connection: close\r\n" in wire.written
    assert wire.is_closed
    protocol.connection_lost(None)


async def test_who_leaves_meanwhile_is_noted_and_nobody_is_written_to(serving):
    short = await serving("short")
    short.may_answer.clear()
    protocol, wire = short.make(), Wire()
    protocol.connection_made(wire)
    protocol.data_received(post("7"))
    await asyncio.sleep(0)
    protocol.connection_lost(ConnectionResetError())
    wire.is_closed = True
    with capture_logs() as lines:
        short.may_answer.set()
        while short.state.tasks:
            await asyncio.wait(short.state.tasks)
        short.settle()
    assert [line["http.response.status_code"] for line in lines] == [201]
    assert not wire.written


async def test_one_that_is_being_written_is_not_idle(serving):
    short = await serving("short", keep_alive_s=0.05)
    short.may_answer.clear()
    talking = asyncio.create_task(short.talk(get(1) + post("7"), LAST))
    await asyncio.sleep(0.2)
    short.may_answer.set()
    assert (await talking).count(b"HTTP/1.1 20") == 3
