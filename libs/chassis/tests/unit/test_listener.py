"""A burst of connections is taken at once: counted in turns of the loop, not in time."""

import asyncio
import errno
import socket

import pytest
from fluxo_chassis.http.connections import listener
from fluxo_chassis.http.connections.listener import Listener
from structlog.testing import capture_logs

pytestmark = pytest.mark.anyio

BURST = 100


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


class Bound(socket.socket):
    """A listening socket that may have no descriptor left."""

    exhausted = 0

    def accept(self):
        if self.exhausted:
            self.exhausted -= 1
            raise OSError(errno.EMFILE, "no more of them")
        return super().accept()


@pytest.fixture
def bound():
    with Bound() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


class Made(asyncio.Protocol):
    def __init__(self, made: list) -> None:
        self._made = made

    def connection_made(self, transport) -> None:
        self._made.append(transport)


@pytest.fixture
def burst(bound):
    """`burst(n)`: so many clients connect, and wait to be taken."""
    clients = []

    def connect(number):
        for _ in range(number):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(bound.getsockname())
            clients.append(client)

    yield connect
    for client in clients:
        client.close()


async def test_all_that_wait_are_taken_in_a_few_turns(bound, burst):
    made, turns = [], 0
    taking = Listener(bound, lambda: Made(made))
    burst(BURST)
    while len(made) < BURST:
        turns += 1
        assert turns < BURST / 4
        await asyncio.sleep(0)
    assert {transport.get_extra_info("peername")[0] for transport in made} == {"127.0.0.1"}
    taking.close()
    for transport in made:
        transport.close()


async def test_out_of_descriptors_it_says_so_and_goes_on_after_a_while(bound, burst, monkeypatch):
    monkeypatch.setattr(listener, "PAUSE_S", 0.01)
    bound.exhausted, made = 1, []
    with capture_logs() as lines:
        taking = Listener(bound, lambda: Made(made))
        burst(3)
        async with asyncio.timeout(60):
            while len(made) < 3:  # noqa: ASYNC110 - what the system does is no event of ours
                await asyncio.sleep(0.001)
    assert [line["reason"] for line in lines] == ["EMFILE"]
    taking.close()
    for transport in made:
        transport.close()


@pytest.mark.parametrize("exhausted", [0, 1])
async def test_a_closed_one_takes_nobody(bound, burst, monkeypatch, exhausted):
    monkeypatch.setattr(listener, "PAUSE_S", 0.01)
    bound.exhausted, made = exhausted, []
    taking = Listener(bound, lambda: Made(made))
    if exhausted:
        burst(1)
        async with asyncio.timeout(60):
            while bound.exhausted:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.001)
    taking.close()
    burst(1)
    await asyncio.sleep(0.05)
    assert made == []
