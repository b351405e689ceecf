"""Whoever is asked may be killed at that very moment."""

import asyncio
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest
import uvloop
from fluxo_chassis.http.outgoing import reset_is_connect_error

TRIES = 200
CALLERS = 8


@pytest.fixture
def resetting() -> Iterator[str]:
    """The address of a server that resets each connection as it opens."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reset() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_on_a_busy_loop_a_connection_that_is_reset_while_it_opens_is_an_error_of_the_client(resetting):
    seen = Counter[type[Exception]]()

    async def ask(client: httpx2.AsyncClient) -> None:
        for _ in range(TRIES // CALLERS):
            try:
                with reset_is_connect_error():
                    await client.get("/")
            except Exception as error:  # noqa: BLE001 - that is the question
                seen[type(error)] += 1

    async def be_busy() -> None:
        while True:
            time.sleep(0.003)  # noqa: ASYNC251 - what a loop does that is busy
            await asyncio.sleep(0)

    async def all_ask() -> None:
        busy = asyncio.create_task(be_busy())
        async with httpx2.AsyncClient(base_url=resetting) as client:
            await asyncio.gather(*(ask(client) for _ in range(CALLERS)))
        busy.cancel()

    uvloop.run(all_ask())

    assert seen.total() == TRIES
    assert [kind for kind in seen if not issubclass(kind, httpx2.TransportError)] == []


def test_other_mistakes_stay_what_they_are():
    with pytest.raises(AttributeError), reset_is_connect_error():
        _ = None.name  # type: ignore[attr-defined]
