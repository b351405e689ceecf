"""A process that is not ready yet is not there: what a balancer sends elsewhere must not wait in its queue."""

import asyncio
import socket

import pytest
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.server import serve
from fluxo_chassis.settings import ProcessSettings

pytestmark = pytest.mark.anyio


async def test_connections_are_refused_until_the_application_has_started():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    is_starting, may_start, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Slow(Health):
        def monitoring(self):
            return _Waiting(is_starting, may_start)

    app = create_app(title="t", version="1", description="", health=Slow())
    server = asyncio.create_task(serve(app, ProcessSettings(port=port), stop))
    async with asyncio.timeout(60):
        await is_starting.wait()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        may_start.set()
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                break
    writer.close()
    stop.set()
    await server


class _Waiting:
    def __init__(self, is_starting, may_start):
        self._is_starting, self._may_start = is_starting, may_start

    async def __aenter__(self):
        self._is_starting.set()
        await self._may_start.wait()

    async def __aexit__(self, *_error):
        pass
