"""An answer as an HTTP response: where it came from, its ETag, and 304 for whoever has it already (RFC 9110 §13)."""

import re
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Final

from fastapi import Response
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer

from fluxo_balances.entrypoints.http.answers import mark_stale

NOT_MODIFIED: Final = 304


class Origin(Enum):
    """Where an answer's bytes come from, as the metric has it."""

    CACHE = "cache"
    STALE = "stale"
    """The cache, and the database cannot be asked whether it still holds."""
    DATABASE = "database"
    DATABASE_STORED = "database_stored"
    """The database, and it was handed to the cache, which drops it when a newer entry came in between."""
    BYPASS = "past_cache"
    """The database, because the caller asked for what it says now."""


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    origin: Origin


# RFC 9211.
CACHE_STATUS: Final = {
    Origin.CACHE: "fluxo; hit",
    Origin.STALE: "fluxo; hit; detail=stale",
    Origin.DATABASE: "fluxo; fwd=miss",
    Origin.DATABASE_STORED: "fluxo; fwd=miss; stored",
    Origin.BYPASS: "fluxo; fwd=bypass",
}
_ENTITY_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


class CachedResponses:
    """A cached answer as responses, each made when it is first asked for."""

    __slots__ = ("_body", "_responses", "etag")

    def __init__(self, body: bytes) -> None:
        self.etag = _etag_of(body)
        self._body = body
        self._responses: dict[tuple[bytes, bool], ReadyAnswer] = {}

    def response(self, method: bytes, condition: bytes | None, *, route: str, tenant: str) -> ReadyAnswer:
        """Return what `conditional_response` would; `condition` is the `If-None-Match`, if there is one."""
        client_has_it = condition is not None and _holds(condition.decode("latin-1"), self.etag)
        kind = (method, client_has_it)
        if kind not in self._responses:
            made = _response(method.decode(), self._body, self.etag, Origin.CACHE, client_has_it=client_has_it)
            self._responses[kind] = ReadyAnswer.of(made, route=route, tenant=tenant)
        return self._responses[kind]


def conditional_response(method: str, condition: str, answer: Answer) -> Response:
    """Return the answer to a request; `condition` is its `If-None-Match`, empty for none."""
    body = mark_stale(answer.body) if answer.origin is Origin.STALE else answer.body
    etag = _etag_of(body)
    return _response(method, body, etag, answer.origin, client_has_it=_holds(condition, etag))


def _etag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def _holds(condition: str, etag: str) -> bool:
    """Whether an `If-None-Match` names the tag; the empty one names none."""
    return condition.strip() == "*" or etag in _ENTITY_TAG.findall(condition)


def _response(method: str, body: bytes, etag: str, origin: Origin, *, client_has_it: bool) -> Response:
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
