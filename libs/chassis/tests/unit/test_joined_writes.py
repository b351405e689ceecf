"""An answer leaves in one piece, and whatever is written leaves in the order in which it was written."""

import asyncio

import pytest
from fluxo_chassis.http.fast.write_coalescing import CoalescingTransport

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"


class Wire:
    def __init__(self):
        self.sent = []

    def write(self, data):
        self.sent.append(data)

    def close(self):
        self.sent.append("closed")

    def is_closing(self):
        return "closed" in self.sent


@pytest.fixture
async def wire():
    return Wire()


@pytest.fixture
async def transport(wire):
    return CoalescingTransport(wire, asyncio.get_running_loop())


async def test_head_and_body_are_one_write(transport, wire):
    transport.write(HEAD)
    transport.write(b"body")
    await asyncio.sleep(0)
    assert wire.sent == [HEAD + b"body"]


async def test_an_empty_body_sends_the_head(transport, wire):
    transport.write(HEAD)
    transport.write(b"")
    assert wire.sent == [HEAD]


async def test_a_head_that_nothing_follows_leaves_in_the_same_turn_of_the_loop(transport, wire):
    transport.write(HEAD)
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [HEAD]
    transport.write(b"later")
    assert wire.sent == [HEAD, b"later"]


async def test_nothing_overtakes_a_head(transport, wire):
    transport.write(HEAD)
    transport.write_whole(HEAD + b"next")
    transport.write(HEAD)
    transport.close()
    assert wire.sent == [HEAD, HEAD + b"next", HEAD, "closed"]
    assert transport.is_closing()


async def test_a_body_that_looks_like_a_head_is_sent_too(transport, wire):
    for piece in (HEAD, b"HTTP/1.1 is what this says", b"HTTP/1.1 again", b"!"):
        transport.write(piece)
    await asyncio.sleep(0)
    assert b"".join(wire.sent) == HEAD + b"HTTP/1.1 is what this saysHTTP/1.1 again!"
