from collections.abc import AsyncIterator
from typing import Final

import httpx2
from starlette.responses import Response, StreamingResponse

_KEPT: Final = ("content-disposition", "content-type")


def handed_on(opened: httpx2.Response) -> Response:
    """Return a service's file as it comes, under its own name; what was opened is closed after it."""
    return StreamingResponse(_pieces(opened), headers={name: opened.headers[name] for name in _KEPT})


async def _pieces(opened: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in opened.aiter_bytes():
            yield piece
    finally:
        await opened.aclose()
