"""W3C trace context: one id that follows a request from the HTTP call through queues to whatever it causes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from random import getrandbits
from typing import NamedTuple

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\Z", re.ASCII | re.DOTALL)
_SAMPLED = "01"


class TraceContext(NamedTuple):
    trace_id: str
    span_id: str
    flags: str
    request_id: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[TraceContext | None] = ContextVar("trace_context", default=None)


def parse_traceparent(header: str) -> tuple[str, str] | None:
    """The trace id and the flags of a valid W3C `traceparent`, else None; the caller then starts a new trace."""
    match = _TRACEPARENT.match(header)
    if match is None:
        return None
    version, trace_id, parent_id, flags, rest = match.groups()
    known_version_is_exact = version != "00" or rest is None
    is_valid = version != "ff" and known_version_is_exact and trace_id.strip("0") and parent_id.strip("0")
    return (trace_id, flags) if is_valid else None


def start_trace(traceparent: str | None, request_id: str | None = None) -> TraceContext:
    """A new span: of the trace that `traceparent` names when it is valid, of a new trace otherwise."""
    parent = parse_traceparent(traceparent) if traceparent else None
    # They have to differ, not to be secret: no need to ask the kernel each time.
    random = f"{getrandbits(192):048x}"
    trace_id, flags = parent or (random[:32], _SAMPLED)
    return TraceContext(trace_id, random[32:], flags, request_id or trace_id)


def enter(context: TraceContext) -> Token[TraceContext | None]:
    return _current.set(context)


def leave(token: Token[TraceContext | None]) -> None:
    _current.reset(token)


def current_context() -> TraceContext | None:
    """The span being worked on, or None outside of any."""
    return _current.get()


def current_traceparent() -> str:
    """The `traceparent` to pass on. Outside of a request: a fresh random one."""
    return (_current.get() or start_trace(None)).traceparent


def current_trace_id() -> str:
    return (_current.get() or start_trace(None)).trace_id


def current_request_id() -> str:
    return (_current.get() or start_trace(None)).request_id


@contextmanager
def continue_trace(traceparent: str | None) -> Iterator[TraceContext]:
    """Works on behalf of the request that sent `traceparent`; on a new trace when there is none or it is invalid."""
    context = start_trace(traceparent)
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)
