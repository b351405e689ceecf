import asyncio
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, cast

import uvicorn
from starlette.applications import Starlette

from fluxo_chassis.http.connections.listener import Listener
from fluxo_chassis.http.connections.seats import Seats
from fluxo_chassis.http.fast.ready_answer import FastPath, nothing_ready
from fluxo_chassis.http.fast.write_coalescing import CoalescingProtocol
from fluxo_chassis.settings import PREFIX, ProcessSettings, refuse

if TYPE_CHECKING:
    from fluxo_chassis.http.fast.fast_route import FastRoute

GRACEFUL_TIMEOUT_S = 10
KEEP_ALIVE_S = 75
STARTUP_FAILURE = 3


class _Server(uvicorn.Server):
    servers: Sequence[Listener]  # type: ignore[assignment]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's for sockets that are bound, but for who listens."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        make = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        made = partial(make, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        self.servers = [Listener(bound, made) for bound in sockets or ()]
        self.started = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's business: it sets the event that stops us."""
        yield


async def serve(
    app: Starlette,
    settings: ProcessSettings,
    stop: asyncio.Event,
    *,
    fast_path: FastPath | None = None,
    fast_route: "FastRoute | None" = None,
) -> None:
    """Serves until `stop` is set and the requests under way are answered, or ten seconds have passed.

    What `fast_path` has ready, and what `fast_route` takes, is answered without asking `app`, which then is one of
    `create_app`.
    """
    server = _Server(
        uvicorn.Config(
            app,
            http=_protocol(Seats.as_descriptors_allow(), fast_path, fast_route, app),
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACEFUL_TIMEOUT_S,
        )
    )

    async def end_when_stopped() -> None:
        await stop.wait()
        server.should_exit = True

    watcher = asyncio.create_task(end_when_stopped(), name="stop-server")
    try:
        await server.serve(sockets=[_bind(settings)])
    finally:
        watcher.cancel()


def _protocol(
    seats: Seats, fast_path: FastPath | None, fast_route: "FastRoute | None", app: Starlette
) -> type[asyncio.Protocol]:
    made: Callable[..., asyncio.Protocol] = partial(CoalescingProtocol, seats=seats)
    if fast_path is not None or fast_route is not None:
        from fluxo_chassis.http.fast.fast_path import FastPathProtocol  # noqa: PLC0415 - workers load no framework
        from fluxo_chassis.http.fast.fast_route import FastRouteProtocol  # noqa: PLC0415

        state = app.state
        made = partial(
            FastPathProtocol if fast_route is None else partial(FastRouteProtocol, fast_route=fast_route),
            seats=seats,
            fast_path=fast_path or nothing_ready,
            account=state.account,
            cors=state.cors,
        )
    # uvicorn calls it as it would the class.
    return cast("type[asyncio.Protocol]", made)


def _bind(settings: ProcessSettings) -> socket.socket:
    """Take the port. Connections are refused until the server listens, when the application has started."""
    bound = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as error:
        refuse(f"{PREFIX}PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror or error}).")
    return bound
