from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from fluxo_chassis.http.cors import HeaderLines

_NO_STORE: HeaderLines = ((b"cache-control", b"private, no-store"),)


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """An answer that is complete but for what the chassis adds to every answer.

    `head` holds the header lines, each with its CRLF; `route` and `tenant` are for metrics and log.
    """

    status: int
    route: str
    tenant: str
    head: bytes
    body: bytes

    @classmethod
    def of(cls, response: Response, *, route: str, tenant: str) -> "ReadyAnswer":
        """What the framework would send for this response."""
        headers = [*response.raw_headers, *kept_by_nobody(dict(response.raw_headers))]
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        return cls(response.status_code, route, tenant, head, bytes(response.body))


def kept_by_nobody(headers: Collection[bytes]) -> HeaderLines:
    """What an answer has besides that does not say who may keep it: it may be for one caller alone."""
    return () if b"cache-control" in headers else _NO_STORE


FastPath = Callable[[bytes, bytes, Mapping[bytes, bytes]], ReadyAnswer | None]
"""Given method, target as it was sent, and headers by lower-case name: the answer if there is one ready, else None.

It must not wait, and not raise. None sends the request the slow path.
"""


def nothing_ready(_method: bytes, _target: bytes, _headers: Mapping[bytes, bytes]) -> None:
    """The fast path of a service that has no answer ready."""
