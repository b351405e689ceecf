"""The fast path of requests whose answer is not ready, but has to be written down or looked up first.

A request that the framework answers is a task, some messages and a dozen objects more than the work itself needs. What
is plain and good is answered past all of that; whatever is not goes the slow path, which says why, with its body.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import structlog

from fluxo_chassis.auth import Principal
from fluxo_chassis.http.fast.fast_path import FastPathProtocol, trace_of
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.observability.traces.tracing import TraceContext
from fluxo_chassis.resilience import current_tenant

log = structlog.get_logger(__name__)

BODY_BYTES_MAX: Final = 16_384
_LENGTHS: Final = len(str(BODY_BYTES_MAX))
_METHODS: Final = {b"GET": "GET", b"HEAD": "HEAD", b"POST": "POST"}

Headers = Mapping[bytes, bytes]
Answer = Callable[[ReadyAnswer], None]


class FastRequest:
    """A plain request, whose body is complete when it is begun. It stands where uvicorn has what it answers."""

    __slots__ = (
        "body", "caller", "context", "disconnected", "headers", "keep_alive", "message_event", "method", "more_body",
        "response_complete", "response_started", "started", "target",
    )  # fmt: skip

    def __init__(self, method: bytes, target: bytes, headers: Headers, caller: Principal, started: float) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.caller = caller
        self.started = started
        self.context: TraceContext = trace_of(headers)
        self.body = b""
        # The rest is uvicorn's.
        self.message_event = _UNHEARD
        self.more_body = self.keep_alive = True
        self.response_started = self.response_complete = self.disconnected = False


class FastRoute(Protocol):
    """What a service answers past the framework. Nothing here waits, or raises."""

    def caller(self, method: bytes, target: bytes, headers: Headers) -> Principal | None:
        """Return who may ask for this, as far as that is known at once; of nobody else a body is kept."""

    def begin(self, request: FastRequest, answer: Answer) -> bool:
        """Begin to answer, and call `answer` in a later turn of the loop; False, and nothing was begun.

        It runs in the request's trace, and in its tenant's turn where something is shared; so does what it leaves to be
        called later.
        """


class FastRouteProtocol(FastPathProtocol):
    def __init__(self, *args: Any, fast_route: FastRoute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fast_route = fast_route
        self._taken: FastRequest | None = None

    def takes(self, method: bytes, headers: dict[bytes, bytes], started: float) -> bool:
        if method not in _METHODS or not _is_small_json(method, headers):
            return False
        caller = self._fast_route.caller(method, self.url, headers)
        if caller is None:
            return False
        self.expect_body()
        self.cycle = self._taken = FastRequest(method, self.url, headers, caller, started)  # type: ignore[assignment]
        return True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._taken is None:
            return
        taken, self._taken = self._taken, None
        if self.transport.is_closing():
            return
        method = _METHODS[taken.method]

        def answer(ready: ReadyAnswer) -> None:
            taken.response_complete = True
            if taken.method == b"HEAD":
                ready = replace(ready, body=b"")
            if self.transport.is_closing():
                self.note(method, ready, taken.context, taken.started)
            else:
                origin, is_last = taken.headers.get(b"origin"), not taken.keep_alive
                self.answer(ready, method, origin, taken.context, taken.started, is_last=is_last)

        trace, of_tenant = tracing.enter(taken.context), current_tenant.set(taken.caller.tenant)
        try:
            is_begun = self._fast_route.begin(taken, answer)
        except Exception:
            log.exception("the fast path failed")
            is_begun = False
        finally:
            current_tenant.reset(of_tenant)
            tracing.leave(trace)
        if not is_begun:
            taken.response_complete = True
            self.go_the_slow_path()
            self.cycle.keep_alive &= taken.keep_alive  # A server that stops has said so to the one before.
            self.on_body(taken.body)
            super().on_message_complete()


def _is_small_json(method: bytes, headers: Headers) -> bool:
    """Whether there is a small body where there should be one, and none elsewhere."""
    length = headers.get(b"content-length")
    if method != b"POST" or length is None:
        return method != b"POST" and length is None
    return (
        headers.get(b"content-type") == b"application/json"
        and b"content-encoding" not in headers
        and len(length) <= _LENGTHS
        and int(length) <= BODY_BYTES_MAX
    )


class _Unheard:
    def set(self) -> None:
        """Nobody waits for a piece of the body."""


_UNHEARD: Final = _Unheard()
