"""The fast path of writes: a small body is kept here, and whoever wrote it down has the answer sent.

A request that the framework answers is a task, some messages and a dozen objects more than the write itself needs. What
is plain and good is answered past all of that; whatever is not goes the slow path, which says why, with its body.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import structlog

from fluxo_chassis.auth import Principal
from fluxo_chassis.http.fast.fast_path import FastPathProtocol, trace_of
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.observability.traces.tracing import TraceContext

log = structlog.get_logger(__name__)

BODY_BYTES_MAX: Final = 16_384
_LENGTHS: Final = len(str(BODY_BYTES_MAX))

Headers = Mapping[bytes, bytes]
Answer = Callable[[ReadyAnswer], None]


class FastWrite(Protocol):
    """The writes to one address. Nothing here waits, or raises."""

    def caller(self, headers: Headers) -> Principal | None:
        """Return who may write, as far as that is known at once; of nobody else a body is kept."""

    def begin(self, caller: Principal, headers: Headers, body: bytes, context: TraceContext, answer: Answer) -> bool:
        """Begin to write, and call `answer` in a later turn of the loop; False, and nothing was begun."""


class FastWriteProtocol(FastPathProtocol):
    """`fast_writes` are those to the addresses that they are named by, as these stand in a request."""

    def __init__(self, *args: Any, fast_writes: Mapping[bytes, FastWrite], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fast_writes = fast_writes
        self._kept: _Kept | None = None

    def on_message_begin(self) -> None:
        self._kept = None
        super().on_message_begin()

    def takes(self, method: bytes, headers: dict[bytes, bytes], started: float) -> bool:
        if method != b"POST":
            return super().takes(method, headers, started)
        write = self._fast_writes.get(self.url)
        length = headers.get(b"content-length", b"0")
        if (
            write is None
            or headers.get(b"content-type") != b"application/json"
            or b"content-encoding" in headers
            or len(length) > _LENGTHS
            or int(length) > BODY_BYTES_MAX
            or (caller := write.caller(headers)) is None
        ):
            return False
        self.expect_body()
        self.cycle = self._kept = _Kept(write, caller, headers, started)  # type: ignore[assignment]
        return True

    def on_message_complete(self) -> None:
        kept, self._kept = self._kept, None
        super().on_message_complete()
        if kept is None or self.transport.is_closing():
            return
        context = trace_of(kept.headers)

        def answer(ready: ReadyAnswer) -> None:
            kept.response_complete = True
            if self.transport.is_closing():
                self.note("POST", ready, context, kept.started)
            else:
                origin, is_last = kept.headers.get(b"origin"), not kept.keep_alive
                self.answer(ready, "POST", origin, context, kept.started, is_last=is_last)

        try:
            is_begun = kept.write.begin(kept.caller, kept.headers, kept.body, context, answer)
        except Exception:
            log.exception("the fast path failed")
            is_begun = False
        if not is_begun:
            kept.response_complete = True
            self.go_the_slow_path()
            self.on_body(kept.body)
            super().on_message_complete()


class _Unheard:
    def set(self) -> None:
        """Nobody waits for a piece of the body."""


_UNHEARD: Final = _Unheard()


class _Kept:
    """Stands where uvicorn has the request that it answers, until it is answered."""

    __slots__ = (
        "body", "caller", "disconnected", "headers", "keep_alive", "message_event", "more_body", "response_complete",
        "response_started", "started", "write",
    )  # fmt: skip

    def __init__(self, write: FastWrite, caller: Principal, headers: Headers, started: float) -> None:
        self.write = write
        self.caller = caller
        self.headers = headers
        self.started = started
        self.body = b""
        self.message_event = _UNHEARD
        self.more_body = self.keep_alive = True
        self.response_started = self.response_complete = self.disconnected = False
