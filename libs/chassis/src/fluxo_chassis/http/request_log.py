"""What is kept of a request once it is answered: its duration, and one line in the log."""

import asyncio
import threading
import time
from collections import deque
from typing import Any, NamedTuple

import structlog
from prometheus_client import Histogram

from fluxo_chassis.http.request_line import RequestLine
from fluxo_chassis.observability.logs.pseudonym import organization_id
from fluxo_chassis.observability.metrics.http_metrics import http_request_duration_seconds
from fluxo_chassis.observability.traces import spans, tracing
from fluxo_chassis.observability.traces.spans import Attributes, Span

log = structlog.get_logger(__name__)

OPERATIONS_PATHS = ("/health", "/metrics")
EVENT = "request"
FLUSH_AFTER_S = 0.01
FAULT = 500


class Kind(NamedTuple):
    """What is the same for many requests."""

    method: str
    route: str
    status: int

    @property
    def is_probe(self) -> bool:
        """Whether it is a probe or a scrape: they come every second or so, and say nothing new."""
        return self.route.startswith(OPERATIONS_PATHS)


class Answered(NamedTuple):
    """A request that has its answer; `tenant` is None when nobody knows whose it was."""

    kind: Kind
    tenant: str | None
    duration_s: float
    context: tracing.TraceContext
    at_ns: int


class RequestLog:
    """Requests are noted when they are answered, and settled together a moment later: that costs a fraction.

    They are settled before any other line is logged, so the order of lines stays. Who ends the server settles the rest.
    """

    def __init__(self) -> None:
        self._noted: deque[Answered] = deque()
        self._kinds: dict[tuple[Kind, bool], tuple[Histogram, RequestLine | None]] = {}
        self._settling = threading.RLock()
        self._is_settling = False

    def note(self, kind: Kind, tenant: str | None, duration_s: float, context: tracing.TraceContext) -> None:
        """Take down what has been answered; only where an event loop runs."""
        if not self._noted:
            asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self.settle)
        self._noted.append(Answered(kind, tenant, duration_s, context, time.time_ns()))

    def settle(self) -> None:
        """Observe the durations and write the lines of all that is noted."""
        with self._settling:
            if self._is_settling:
                return  # A line of its own asks for those before it, which this is about to write.
            self._is_settling = True
            try:
                self._settle()
            finally:
                self._is_settling = False

    def _settle(self) -> None:
        lines: list[str] = []
        output = None
        while self._noted:
            answered = self._noted.popleft()
            kind = (answered.kind, answered.tenant is not None)
            durations, line = self._kinds.get(kind) or self._prepare(kind)
            durations.observe(answered.duration_s)
            if spans.is_on():
                _trace(answered)
            if line is not None:
                output = line.output
                lines.append(_render(line, answered))
                continue
            if output is not None:
                output.write("".join(lines).encode())
                lines.clear()
            _log_now(answered)
        if output is not None:
            output.write("".join(lines).encode())

    def _prepare(self, kind: tuple[Kind, bool]) -> tuple[Histogram, RequestLine | None]:
        of, has_tenant = kind
        fields = _fields(of, 0) | ({"organization.id": ""} if has_tenant else {})
        line = None if of.is_probe else RequestLine.of(__name__, EVENT, fields)
        if line is not None:
            line.output.ahead = self.settle
        durations = http_request_duration_seconds.labels(of.method, of.route, str(of.status))
        self._kinds[kind] = durations, line
        return durations, line


def _render(line: RequestLine, answered: Answered) -> str:
    context, duration_ns = answered.context, round(answered.duration_s * 1e9)
    ids = context.trace_id, context.span_id, context.request_id
    if answered.tenant is None:
        return line.render(answered.at_ns, duration_ns, *ids)
    return line.render(answered.at_ns, duration_ns, organization_id(answered.tenant), *ids)


def _trace(answered: Answered) -> None:
    if answered.kind.is_probe:
        return
    method, route, status = answered.kind
    attributes: Attributes = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    began_ns = answered.at_ns - round(answered.duration_s * 1e9)
    error = str(status) if status >= FAULT else None
    name = f"{method} {route}"
    spans.record(Span(name, "server", answered.context, began_ns, answered.at_ns, attributes, error=error))


def _log_now(answered: Answered) -> None:
    """Leave the line to the logger, and with it what becomes of it."""
    fields = _fields(answered.kind, round(answered.duration_s * 1e9))
    if answered.tenant is not None:
        fields["organization.id"] = organization_id(answered.tenant)
    write = log.debug if answered.kind.is_probe else log.info
    token = tracing.enter(answered.context)
    write(EVENT, **fields)
    tracing.leave(token)


def _fields(kind: Kind, duration_ns: int) -> dict[str, Any]:
    return {
        "http.request.method": kind.method,
        "http.route": kind.route,
        "http.response.status_code": kind.status,
        "event.duration": duration_ns,
    }
