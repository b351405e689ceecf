"""The fast path through the server, for answers that are ready; beside the framework, which has all the rest.

The parser is the same, and reads the whole request. What it finds is answered here if it is plain, nothing before it on
the connection waits for its answer, and the application has an answer ready. Anything else goes the slow path, as if
this were not here: another version than HTTP/1.1, a connection that is to be closed, a body, an upgrade, a header that
stands twice, a client that does not read what it asked for.

This leans on the insides of uvicorn's protocol: `test_uvicorn_is_as_we_know_it` names them.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from fluxo_chassis.http.connections.protocol import HEAD_LIMIT_BYTES, HEADER_LINES_MAX
from fluxo_chassis.http.cors import Cors
from fluxo_chassis.http.fast.ready_answer import FastPath, ReadyAnswer
from fluxo_chassis.http.fast.write_coalescing import CoalescingProtocol
from fluxo_chassis.http.middleware import safe_request_id
from fluxo_chassis.http.request_log import Kind, RequestLog
from fluxo_chassis.observability.traces.tracing import TraceContext, start_trace

log = structlog.get_logger(__name__)

REPEATED_BYTES_MAX = 2_048
"""Of a request that is remembered, one for each connection."""

_CLOSE = b"connection: close\r\n"
_METHODS = {b"GET": "GET", b"HEAD": "HEAD"}
# With any of these there is more to a request than a head and a body of known length.
_MORE = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"trailer", b"te"})

_Answered = tuple[bytes, bytes, dict[bytes, bytes]]
"""Method, target and headers of what was answered here."""


class FastPathProtocol(CoalescingProtocol):
    def __init__(self, *args: Any, fast_path: FastPath, account: RequestLog, cors: Cors, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fast_path = fast_path
        self._account = account
        self._cors = cors
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_head = b""
        self._answered: _Answered | None = None
        self._is_between = True
        self._begun = 0
        self._repeated: tuple[bytes, _Answered] | None = None
        self._idle_since: float | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        # What the parser made of these bytes between two requests it would make of them again, for half of the cost.
        if self._repeated is not None and data == self._repeated[0] and self._is_free():
            method, self.url, headers = self._repeated[1]
            self._unset_keepalive_if_required()
            if self._has_answered(method, headers, time.perf_counter()):
                return
        was_between, self._begun = self._is_between, 0
        super().data_received(data)
        is_one = was_between and self._begun == 1 and len(data) <= REPEATED_BYTES_MAX
        self._repeated = (data, self._answered) if is_one and self._answered is not None else None

    def on_message_begin(self) -> None:
        self._begun += 1
        self._is_between = False
        self._idle_since = None
        self._answered = None
        # What the protocol begins a request with, but for the application's scope: an answer that is ready needs none.
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if self._is_free():
            started = time.perf_counter()
            headers = dict(self.headers)
            if self._is_plain(headers):
                self.pending_bytes, self.head_since = 0, None
                method = self.parser.get_method()
                if self._has_answered(method, headers, started):
                    self._answered = method, self.url, headers
                    return
                if self.takes(method, headers, started):
                    return
        self.go_the_slow_path()

    def _has_answered(self, method: bytes, headers: dict[bytes, bytes], started: float) -> bool:
        answer = self._ready(method, headers)
        if answer is None:
            return False
        # What `answer` does, spelt out: calls are a good part of what this costs.
        context = trace_of(headers)
        self._send(answer, context.request_id, self._cors.head(headers.get(b"origin")))
        finished = time.perf_counter()
        kind = Kind(_METHODS[method], answer.route, answer.status)
        self._account.note(kind, answer.tenant, finished - started, context)
        self._close_when_idle(finished)
        return True

    def takes(self, _method: bytes, _headers: dict[bytes, bytes], _started: float) -> bool:
        """Whether the request whose plain head is there, and whose answer is not, will be answered past it."""
        return False

    def answer(
        self,
        answer: ReadyAnswer,
        method: str,
        origin: bytes | None,
        context: TraceContext,
        started: float,
        *,
        is_last: bool = False,
    ) -> None:
        """Send the answer to what began at `started`, on the clock of `time.perf_counter`, and note it."""
        self._send(answer, context.request_id, self._cors.head(origin), _CLOSE if is_last else b"")
        if is_last:
            self.transport.close()
        elif self.pipeline:
            self.on_response_complete()
        else:
            self._close_when_idle(time.perf_counter())
        self.note(method, answer, context, started)

    def note(self, method: str, answer: ReadyAnswer, context: TraceContext, started: float) -> None:
        kind = Kind(method, answer.route, answer.status)
        self._account.note(kind, answer.tenant, time.perf_counter() - started, context)

    def go_the_slow_path(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers  # The scope holds this list.
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_between = True
        if self._answered is None:
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)

    def _is_free(self) -> bool:
        """Whether an answer that is written now comes after those to all requests before, and finds a reader."""
        nobody_waits = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]
        return nobody_waits and not self.flow.write_paused and not self.is_spare and not self._is_ended

    def _is_plain(self, headers: dict[bytes, bytes]) -> bool:
        return (
            len(headers) == len(self.headers) <= HEADER_LINES_MAX
            and b"host" in headers
            and _MORE.isdisjoint(headers)
            and self.parser.should_keep_alive()
            # Without this header only HTTP/1.1 keeps a connection.
            and (b"connection" not in headers or self.parser.get_http_version() == "1.1")
            # All that came since the last request is no less than its head.
            and (self.pending_bytes <= HEAD_LIMIT_BYTES or self._head_bytes(headers) <= HEAD_LIMIT_BYTES)
        )

    def _head_bytes(self, headers: dict[bytes, bytes]) -> int:
        return len(self.url) + len(b"".join(headers)) + len(b"".join(headers.values()))

    def _ready(self, method: bytes, headers: dict[bytes, bytes]) -> ReadyAnswer | None:
        if method not in _METHODS or b"content-length" in headers:
            return None
        try:
            return self._fast_path(method, self.url, headers)
        except Exception:
            log.exception("the fast path failed")
            return None

    def _send(self, answer: ReadyAnswer, request_id: str, cors: bytes, close: bytes = b"") -> None:
        if self._default_headers is not self.server_state.default_headers:  # The date: once a second.
            self._default_headers = self.server_state.default_headers
            self._default_head = b"".join(b"%b: %b\r\n" % header for header in self._default_headers)
        self.transport.write_whole(
            b"".join(
                (
                    STATUS_LINE[answer.status],
                    self._default_head,
                    answer.head,
                    b"x-request-id: ",
                    request_id.encode(),
                    b"\r\nx-content-type-options: nosniff\r\n",
                    cors,
                    close,
                    b"\r\n",
                    answer.body,
                )
            )
        )
        self.server_state.total_requests += 1

    def _close_when_idle(self, now: float) -> None:
        # A timer for each answer costs more than the answer: one looks again when it finds that there was another.
        self._idle_since = now
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        self._idle_timer = None
        if self._idle_since is None:
            return  # A request came, and the slow path sets its own timer.
        rest_s = self._idle_since + self.timeout_keep_alive - time.perf_counter()
        if rest_s <= 0:
            self.timeout_keep_alive_handler()
        else:
            self._idle_timer = self.loop.call_later(rest_s, self._look_whether_idle)


def trace_of(headers: Mapping[bytes, bytes]) -> TraceContext:
    """Return the span of a request with these headers."""
    traceparent, request_id = headers.get(b"traceparent"), headers.get(b"x-request-id")
    return start_trace(
        None if traceparent is None else traceparent.decode("latin-1"),
        None if request_id is None else safe_request_id(request_id),
    )
