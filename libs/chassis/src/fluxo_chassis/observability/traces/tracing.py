"""W3C trace context: one id that follows a request from the HTTP call through queues to whatever it causes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from hashlib import blake2b
from random import getrandbits
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
"""Of the traces, how many are sampled."""

sampling_key = b""
"""What decides with the trace's id which ones, the same in all processes; whoever knows it can choose ids that are."""


def sample(share: float, key: bytes = b"") -> None:
    """Set both, once, when the process starts."""
    global sampled_share, sampling_key
    sampled_share, sampling_key = share, blake2b(key).digest()


def parse_traceparent(header: str) -> tuple[str, str, str] | None:
    """Trace id, parent id and flags of a valid W3C `traceparent`, else None; the caller then starts a new trace."""
    match = _TRACEPARENT.match(header)
    if match is None:
        return None
    version, trace_id, parent_id, flags, rest = match.groups()
    known_version_is_exact = version != "00" or rest is None
    is_valid = version != "ff" and known_version_is_exact and trace_id.strip("0") and parent_id.strip("0")
    return (trace_id, parent_id, flags) if is_valid else None


def start_trace(traceparent: str | None, request_id: str | None = None, *, is_trusted: bool = False) -> TraceContext:
    """A new span: of the trace that `traceparent` names when it is valid, of a new trace otherwise.

    Whoever sent it can ask for a trace not to be sampled, and for one to be only where it `is_trusted`.
    """
    parent = parse_traceparent(traceparent) if traceparent else None
    # They have to differ, not to be secret: no need to ask the kernel each time.
    digits = f"{getrandbits(192):048x}"
    trace_id, parent_id, flags = parent or (digits[:32], None, _SAMPLED)
    if sampled_share < 1 and not (parent and is_trusted) and not _is_in_share(trace_id):
        flags = _NOT_SAMPLED
    return TraceContext(trace_id, digits[32:], flags, request_id or trace_id, parent_id)


def _is_in_share(trace_id: str) -> bool:
    digest = blake2b(trace_id.encode(), key=sampling_key, digest_size=4).digest()
    return int.from_bytes(digest) < sampled_share * 2**32


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
    """Works on behalf of the request whose `traceparent` one of our processes passed on; else on a new trace."""
    context = start_trace(traceparent, is_trusted=True)
    token = enter(context)
    try:
        yield context
    finally:
        leave(token)
