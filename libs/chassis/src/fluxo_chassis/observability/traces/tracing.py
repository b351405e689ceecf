"""W3C trace context: one id that follows a request from the HTTP call through queues to whatever it causes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from random import getrandbits, random
from typing import NamedTuple

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\Z", re.ASCII | re.DOTALL)
_SAMPLED = "01"
_NOT_SAMPLED = "00"


class TraceContext(NamedTuple):
    """A span: its ids in hexadecimal digits, those of the span that caused it, and the flags of the trace."""

    trace_id: str
    span_id: str
    flags: str
    request_id: str
    parent_id: str | None = None

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def is_sampled(self) -> bool:
        return bool(int(self.flags, 16) & 1)

    def child(self) -> "TraceContext":
        return self._replace(span_id=f"{getrandbits(64):016x}", parent_id=self.span_id)


_current: ContextVar[TraceContext | None] = ContextVar("trace_context", default=None)


sampled_share = 1.0
"""Of the traces that begin here, how many are sampled. One that somebody else began is sampled as they said."""


def sample(share: float) -> None:
    global sampled_share  # noqa: PLW0603 - set once, when the process starts
    sampled_share = share


def parse_traceparent(header: str) -> tuple[str, str, str] | None:
    """Trace id, parent id and flags of a valid W3C `traceparent`, else None; the caller then starts a new trace."""
    match = _TRACEPARENT.match(header)
    if match is None:
        return None
    version, trace_id, parent_id, flags, rest = match.groups()
    known_version_is_exact = version != "00" or rest is None
    is_valid = version != "ff" and known_version_is_exact and trace_id.strip("0") and parent_id.strip("0")
    return (trace_id, parent_id, flags) if is_valid else None


def start_trace(traceparent: str | None, request_id: str | None = None) -> TraceContext:
    """A new span: of the trace that `traceparent` names when it is valid, of a new trace otherwise."""
    parent = parse_traceparent(traceparent) if traceparent else None
    # They have to differ, not to be secret: no need to ask the kernel each time.
    digits = f"{getrandbits(192):048x}"
    trace_id, parent_id, flags = parent or (digits[:32], None, _decide())
    return TraceContext(trace_id, digits[32:], flags, request_id or trace_id, parent_id)


def _decide() -> str:
    return _SAMPLED if sampled_share >= 1 or random() < sampled_share else _NOT_SAMPLED  # noqa: S311 - no secret


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


@contextmanager
def continue_trace(traceparent: str | None) -> Iterator[TraceContext]:
    """Works on behalf of the request that sent `traceparent`; on a new trace when there is none or it is invalid."""
    context = start_trace(traceparent)
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)
