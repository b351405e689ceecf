"""A process that is not ready yet is not there: what a balancer sends elsewhere must not wait in its queue."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.server import serve
from fluxo_chassis.settings import ProcessSettings

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio


async def test_connections_are_refused_until_the_application_has_started():
    port = free_port()
    is_starting, may_start, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Slow(Health):
        @asynccontextmanager
        async def monitoring(self):
            is_starting.set()
            await may_start.wait()
            yield

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
