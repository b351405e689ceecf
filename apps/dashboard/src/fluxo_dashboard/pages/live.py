"""Tells an open page when to load its parts again, as server-sent events."""

import time
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from fluxo_dashboard.services.client import ServiceUnavailableError, SignedOutError
from fluxo_dashboard.web.visit import Visit, for_visitors

HEARTBEAT_S: Final = 15.0
"""Below what proxies take for a dead connection."""


async def _live(visit: Visit) -> Response:
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(visit), media_type="text/event-stream", headers=headers)


async def _lines(visit: Visit) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    day, session = visit.today, visit.session
    async for told in visit.desk.changes.follow(visit.session, HEARTBEAT_S):
        if not await _is_open(visit):
            return
        if told is not None:
            yield f"event: {told.event}\ndata: {told.data}\n\n"
        elif visit.today != day or visit.desk.tokens.renewed(session) is not None:
            # What the page asks for then is answered with the session's new cookie: a page that is only looked at would
            # keep a refresh token that may not work any more.
            day, session = visit.today, visit.desk.tokens.renewed(session) or session
            yield "event: changed\ndata: {}\n\n"
        else:
            yield ": heartbeat\n\n"


async def _is_open(visit: Visit) -> bool:
    """Whether the session goes on: it ends by time, or by a sign-out on another page."""
    try:
        await visit.desk.tokens.token_of(visit.session)
    except SignedOutError:
        return False
    except ServiceUnavailableError:
        pass  # nobody says that it ended
    return time.time() < visit.session.ends_at


live = for_visitors(_live)
