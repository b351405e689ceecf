"""Changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
import time
from collections.abc import AsyncIterator
from inspect import getdoc
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client import Gauge
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from fluxo_balances.application.reading.follow_changes import FollowChanges, Follower
from fluxo_balances.application.reading.ports import Position
from fluxo_balances.entrypoints.http.answers import instant
from fluxo_balances.entrypoints.http.documentation import FOLLOWED, LAST_EVENT_ID
from fluxo_balances.entrypoints.http.respond import BalancesReader

PATH: Final = "/v1/daily-balances/changes"

HEARTBEAT_EVERY_S: Final = 15.0
"""Less than proxies let a connection be silent; a client that is gone is noticed by it."""

_MEDIA_TYPE: Final = "text/event-stream"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_RETRY: Final = b"retry: 2000\n\n"
_HEARTBEAT: Final = b": heartbeat\n\n"
_UNAVAILABLE: Final = b"event: unavailable\ndata: {}\n\n"

change_streams = Gauge("balance_change_streams", "Streams of changes that are open.")


def add_follow_changes(routes: APIRouter, follow_changes: FollowChanges) -> None:
    @routes.head(PATH, include_in_schema=False)
    @routes.get(
        PATH,
        operation_id="followChanges",
        summary="Follow changes",
        description=getdoc(FollowChanges),
        responses=FOLLOWED,
        openapi_extra={"parameters": [LAST_EVENT_ID]},
        response_class=Response,
    )
    async def answer(request: Request, principal: BalancesReader) -> Response:
        if request.method == "HEAD":
            return Response(headers=_HEADERS, media_type=_MEDIA_TYPE)
        follower = follow_changes(principal.tenant, request.headers.get("last-event-id", ""))
        return _EventStream(follower, principal.expires_at)


class _EventStream(StreamingResponse):
    media_type = _MEDIA_TYPE

    def __init__(self, follower: Follower, expires_at: float) -> None:
        super().__init__(_events(follower, expires_at), headers=_HEADERS)
        self._follower = follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._follower, change_streams.track_inprogress():
            await super().__call__(scope, receive, send)


async def _events(follower: Follower, expires_at: float) -> AsyncIterator[bytes]:
    """Yield events and heartbeats until the token expires or the process is about to end."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + expires_at - time.time()
    yield _RETRY
    while True:
        try:
            async with asyncio.timeout_at(min(ends, loop.time() + HEARTBEAT_EVERY_S)):
                position = await anext(follower)
        except TimeoutError:
            if loop.time() >= ends:
                return
            yield _HEARTBEAT
        except StopAsyncIteration:
            return
        else:
            yield _UNAVAILABLE if position is None else _changed(position)


def _changed(position: Position) -> bytes:
    return b"id: %b\nevent: changed\ndata: %b\n\n" % (
        position.id.encode(),
        orjson.dumps({"as_of": instant(position.as_of)}),
    )
