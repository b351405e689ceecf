import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette

from fluxo_chassis.http.account import RequestAccount
from fluxo_chassis.http.joined_writes import JoiningProtocol
from fluxo_chassis.http.ready_answer import ShortWay
from fluxo_chassis.http.short_way import ShortWayProtocol
from fluxo_chassis.settings import BAD_CONFIGURATION, PREFIX, ProcessSettings

GRACEFUL_TIMEOUT_S = 10
KEEP_ALIVE_S = 75
BACKLOG = 2048


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's business: it sets the event that stops us."""
        yield


async def serve(
    app: Starlette, settings: ProcessSettings, stop: asyncio.Event, short_way: ShortWay | None = None
) -> None:
    """Serves until `stop` is set and the requests under way are answered, or ten seconds have passed.

    Answers that `short_way` has ready are sent without asking `app`, which then is one of `create_app`.
    """
    server = _Server(
        uvicorn.Config(
            app,
            http=JoiningProtocol if short_way is None else _protocol(short_way, app.state.account),
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
        await server.serve(sockets=[_listen(settings)])
    finally:
        watcher.cancel()


def _protocol(short_way: ShortWay, account: RequestAccount) -> type[asyncio.Protocol]:
    # uvicorn calls it as it would the class.
    return cast("type[asyncio.Protocol]", partial(ShortWayProtocol, short_way=short_way, account=account))


def _listen(settings: ProcessSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        sys.stderr.write(
            f"{PREFIX}PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror or error}).\n"
        )
        raise SystemExit(BAD_CONFIGURATION) from None
