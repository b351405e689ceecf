"""uvicorn's protocol with bounds on what it does not bound: a head, the time that one takes, the number of connections.

An answer that is under way has no bound here: streams of events stay open. This leans on the insides of uvicorn's
protocol as the fast path does.
"""

import asyncio
from functools import partial
from typing import Any, Final

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fluxo_chassis.http.connections.seats import Seats
from fluxo_chassis.http.problem_answers import known_problem
from fluxo_chassis.observability.traces.tracing import start_trace
from fluxo_chassis.problems import PROBLEM_MEDIA_TYPE, Problem, overloaded

HEAD_LIMIT_BYTES: Final = 32_768
"""Address and headers together; of a request in pieces also what comes after its last piece."""

HEADER_LINES_MAX: Final = 100

HEAD_WITHIN_S: Final = 10.0
"""From the first byte of a request, or from the beginning of a connection, until the head is there."""

SPARE_WITHIN_S: Final = 1.0
BODY_WITHIN_S: Final = 10.0
BODY_BYTES_PER_S_MIN: Final = 1_024
"""A body may take BODY_WITHIN_S, and a second more for so many bytes of it."""

SMALL_CHUNKS_MAX: Final = 1_000
CHUNK_BYTES_MIN: Final = 64
"""A chunk takes a microsecond, whatever is in it: of a body of single bytes, 256 KiB would take fifty milliseconds.

So many may be smaller than CHUNK_BYTES_MIN, and one more for each that is that much larger.
"""

PIPELINED_MAX: Final = 64
"""Requests of a connection that wait for the answer to the one before: 256 KiB have room for ten thousand."""

CLOSED_WITHIN_S: Final = 60.0
"""For a client to take the end of its last answer."""

PROBES: Final = (b"/health", b"/metrics")

_FRAMING: Final = (b"content-length", b"transfer-encoding")

_CHUNKS_TOO_SMALL: Final = partial(
    Problem,
    400,
    "chunks-too-small",
    "Chunks too small",
    f"The body comes in too many small chunks. Send a Content-Length, or at least {CHUNK_BYTES_MIN} bytes in each.",
)


class _EndedError(Exception):
    """Tells the parser to leave the rest."""


class GuardedProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, seats: Seats, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seats = seats
        self._is_ended = False
        self.is_spare = False
        self.pending_bytes = 0
        """Since the last head or piece of a body that is complete."""
        self.head_since: float | None = None
        self._is_in_body = False
        self._is_resuming = False
        self._body_bytes = 0
        self._small_chunks = 0
        self._body_since: float | None = None
        self._closing_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("peername")
        if not self._seats.take(self, str(peer[0]) if isinstance(peer, tuple) else ""):
            self._is_ended = True
            transport.close()
            return
        self.is_spare = self._seats.is_spare(self)
        self.head_since = self.loop.time()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._seats.leave(self)
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_ended:
            return
        self.pending_bytes += len(data)
        self._unset_keepalive_if_required()
        self._parse(data)
        if self.pending_bytes > HEAD_LIMIT_BYTES:
            self._end(known_problem(431), "head-too-large")
        elif self._is_in_body and self.cycle.response_complete:
            self._read_on_later(len(data))

    def _read_on_later(self, unwanted_bytes: int) -> None:
        """Let what comes after its answer wait for its turn among all: a crowd of it would be most of the work."""
        wait_s = self._seats.unwanted_wait_s(unwanted_bytes)
        if wait_s > BODY_WITHIN_S:
            self._end(None, "unwanted-body")
        else:
            self.flow.pause_reading()
            self.loop.call_later(wait_s, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            if self._is_ended:
                return
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1, as RFC 9110 (7.8) allows: clients that also speak HTTP/2 offer it with every request.

        The parser takes the end of such a head for the end of the request. One that has a body goes on in a new parser,
        which is told what it needs to know to find the body's end.
        """
        if self._is_ended or self.parser.get_method() == b"CONNECT":
            return
        if framing := self._framing():
            self.parser = httptools.HttpRequestParser(self)
            self._is_resuming = True
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % framing)
            self._is_resuming = False
        if rest:
            self._parse(rest)

    def _framing(self) -> bytes:
        return b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] in _FRAMING)

    def on_headers_complete(self) -> None:
        if self._is_ended or self._is_resuming:
            return
        if len(self.pipeline) == PIPELINED_MAX:
            self._end_after_those_that_wait()
        self.pending_bytes, self.head_since = 0, None
        if self.is_spare and not self.url.startswith(PROBES):
            self._end(overloaded(), None)
            return
        self.expect_body()
        super().on_headers_complete()
        if self.is_spare:
            self.cycle.keep_alive = False

    def expect_body(self) -> None:
        """Begin to look at how fast a body comes."""
        self._is_in_body, self._body_bytes, self._small_chunks, self._body_since = True, 0, 0, None

    def on_chunk_header(self) -> None:
        self._small_chunks += 1
        if self._small_chunks > SMALL_CHUNKS_MAX:
            self._end(_CHUNKS_TOO_SMALL(), "chunks-too-small")
            raise _EndedError

    def on_body(self, body: bytes) -> None:
        if not self._is_ended:
            self.pending_bytes = 0
            self._small_chunks = max(0, self._small_chunks - len(body) // CHUNK_BYTES_MIN)
            # What comes after the answer is not wanted any more, however fast it is.
            self._body_bytes += 0 if self.cycle.response_complete else len(body)
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._is_ended and not (self.parser.should_upgrade() and self._framing()):
            self.pending_bytes, self._is_in_body = 0, False
            super().on_message_complete()

    def look(self, now: float) -> None:
        """End the connection if it owes something for too long; once a second."""
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            if now - self._closing_since > CLOSED_WITHIN_S:
                self.transport.abort()
        elif self.flow.read_paused:
            self.head_since = self._body_since = None  # It is we who do not read.
        elif self._is_in_body:
            self._body_since = self._body_since or now
            if now - self._body_since > BODY_WITHIN_S + self._body_bytes / BODY_BYTES_PER_S_MIN:
                self._end(known_problem(408), "slow-body")
        elif self.head_since is not None or self.pending_bytes:
            self.head_since = self.head_since or now
            if now - self.head_since > (SPARE_WITHIN_S if self.is_spare else HEAD_WITHIN_S):
                self._end(known_problem(408) if self.pending_bytes else None, "slow-head")

    def _end(self, problem: Problem | None, reason: str | None) -> None:
        """Close, and say why where the next answer is still to come."""
        if self._is_ended or self.transport.is_closing():
            return
        self._is_ended = True
        if reason is not None:
            self._seats.refused(reason)
        if problem is not None and self._is_free_to_answer():
            self.transport.write(self._answer(problem))
        self.transport.close()

    def _end_after_those_that_wait(self) -> None:
        """Take no other request of this connection; the last that waits says so in its answer."""
        self._is_ended = True
        self._seats.refused("pipelined")
        last, _ = self.pipeline[0]
        last.keep_alive = False
        raise _EndedError

    def _is_free_to_answer(self) -> bool:
        if self.cycle is None:
            return True
        is_free = not self.cycle.response_started if self._is_in_body else self.cycle.response_complete
        return is_free and not self.pipeline

    def _answer(self, problem: Problem) -> bytes:
        context = start_trace(None)
        content = orjson.dumps(problem.body(context.trace_id))
        headers = [
            *self.server_state.default_headers,
            *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
            (b"content-length", b"%d" % len(content)),
            (b"content-type", PROBLEM_MEDIA_TYPE.encode()),
            (b"cache-control", b"no-store"),
            (b"x-request-id", context.request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return b"%b%b\r\n%b" % (STATUS_LINE[problem.status], lines, content)
