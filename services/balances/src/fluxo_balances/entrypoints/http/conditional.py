"""An answer as an HTTP response: its ETag, and 304 for whoever has it already (RFC 9110 §13)."""

import re
from hashlib import blake2b
from typing import Final

from fastapi import Request, Response

from fluxo_balances.application.ready_answers import Answer, Origin
from fluxo_balances.entrypoints.http.presenter import mark_stale

NOT_MODIFIED: Final = 304

# RFC 9211. `stored` says that the answer was handed to the cache, which drops it when a newer entry came in between.
CACHE_STATUS: Final = {
    Origin.CACHE: "fluxo; hit",
    Origin.STALE: "fluxo; hit; detail=stale",
    Origin.DATABASE: "fluxo; fwd=miss",
    Origin.DATABASE_STORED: "fluxo; fwd=miss; stored",
    Origin.PAST_CACHE: "fluxo; fwd=bypass",
}
_ENTITY_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def conditional_response(request: Request, answer: Answer) -> Response:
    body = mark_stale(answer.body) if answer.origin is Origin.STALE else answer.body
    etag = etag_of(body)
    condition = ", ".join(request.headers.getlist("if-none-match"))
    return response(request.method, body, etag, answer.origin, client_has_it=holds(condition, etag))


def etag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def holds(condition: str, etag: str) -> bool:
    """Whether an `If-None-Match` names the tag; the empty one names none."""
    return condition.strip() == "*" or etag in _ENTITY_TAG.findall(condition)


def response(method: str, body: bytes, etag: str, origin: Origin, *, client_has_it: bool) -> Response:
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization",
        "Cache-Status": CACHE_STATUS[origin],
    }
    if client_has_it:
        return Response(status_code=NOT_MODIFIED, headers=headers)
    if method == "HEAD":
        headers["Content-Length"] = str(len(body))
        body = b""
    return Response(body, headers=headers, media_type="application/json")
