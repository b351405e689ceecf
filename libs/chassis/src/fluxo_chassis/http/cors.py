"""Which pages may call from a browser, and read what they are answered (CORS: https://fetch.spec.whatwg.org)."""

from collections.abc import Iterable, Sequence
from typing import Final

from starlette.responses import Response

HeaderLines = Sequence[tuple[bytes, bytes]]

EXPOSED: Final = ("ETag", "Location", "Idempotent-Replayed", "Retry-After")
"""What a page may read of an answer's headers, beside the few that it always may."""

MAX_AGE_S: Final = 7200
"""How long a browser remembers what a preflight said; none does for longer than a day, Chromium for two hours."""

_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, "
    "Traceparent, X-Request-Id",
    "Access-Control-Max-Age": str(MAX_AGE_S),
}


class Cors:
    """Answers the preflights of pages of these origins, and says with every answer who may read it.

    Tokens are no cookies: credentials in CORS's sense are never allowed. Without origins nothing is answered or said.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        allowed = {origin.encode(): _said_to(origin.encode()) for origin in origins}
        others = [_VARY] if allowed else []
        self._headers, self._headers_of_others = allowed, others
        self._head = {origin: _head(headers) for origin, headers in allowed.items()}
        self._head_of_others = _head(others)

    def headers(self, request: HeaderLines) -> HeaderLines:
        """Return what is added to the headers of the answer."""
        if not self._headers:
            return ()
        return self._headers.get(_origin(request), self._headers_of_others)

    def head(self, origin: bytes | None) -> bytes:
        """Return the same as lines, each with its CRLF, for a request with this `Origin` or with none."""
        return self._head.get(origin or b"", self._head_of_others)

    def preflight(self, method: str, request: HeaderLines) -> Response | None:
        """Return the answer, but for `headers`, if this asks what a page may do and that is allowed to."""
        if method != "OPTIONS" or _origin(request) not in self._headers:
            return None
        if not any(name == b"access-control-request-method" for name, _ in request):
            return None
        return Response(status_code=204, headers=_PREFLIGHT)


_VARY: Final = (b"vary", b"Origin")


def _said_to(origin: bytes) -> HeaderLines:
    exposed = ", ".join(EXPOSED).encode()
    return [_VARY, (b"access-control-allow-origin", origin), (b"access-control-expose-headers", exposed)]


def _head(headers: HeaderLines) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def _origin(request: HeaderLines) -> bytes:
    """Return the one that is given; empty when there is none, or several."""
    given = [value for name, value in request if name == b"origin"]
    return given[0] if len(given) == 1 else b""
