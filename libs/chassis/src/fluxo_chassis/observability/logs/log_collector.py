"""Log lines on their way to an OpenTelemetry collector, by OTLP over HTTP.

Imported only where it is switched on. The caller pays for putting the line into a queue; a thread reads it back and
sends it, and when the collector does not keep up, lines are dropped and counted. The SDK's own batch processor wants a
record of its own kind for each line: making one costs several times what the whole line costs.
"""

import atexit
import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from fluxo_chassis.observability.logs.line_output import log_lines_dropped

BATCH_LINES = 256
WAITING_LINES_MAX = 8_192
SEND_EVERY_S = 1.0
CLOSE_WITHIN_S = 2.0

# Their lines say that lines could not be sent; sent themselves, they would go round in circles.
_OWN_LINES = b'"log.logger":"opentelemetry.'
_SEVERITIES = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}


def open_collector(endpoint: str, resource: Resource) -> "LogCollector":
    """Log lines of `resource` to the collector whose base URL is `endpoint`.

    Headers, time-out, compression and certificates are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_HEADERS, ….
    """
    collector = LogCollector(OTLPLogExporter(endpoint=f"{endpoint.rstrip('/')}/v1/logs"), resource)
    atexit.register(collector.close)
    return collector


class LogCollector:
    """A queue of lines and the thread that sends them."""

    name = "otlp"

    def __init__(self, exporter: LogRecordExporter, resource: Resource) -> None:
        self._exporter = exporter
        self._resource = resource
        self._waiting: deque[bytes] = deque()
        self._waiting_lines = 0
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._is_closing = False
        self._dropped = log_lines_dropped.labels(self.name)
        self._thread = threading.Thread(target=self._send_until_closed, name="log-collector", daemon=True)
        self._thread.start()

    def write(self, lines: bytes) -> None:
        if _OWN_LINES in lines:
            lines = b"".join(line for line in lines.splitlines(keepends=True) if _OWN_LINES not in line)
        count = lines.count(b"\n")
        with self._lock:
            has_room = self._waiting_lines + count <= WAITING_LINES_MAX
            if has_room:
                self._waiting.append(lines)
                self._waiting_lines += count
        if not has_room:
            self._dropped.inc(count)
        elif self._waiting_lines >= BATCH_LINES:
            self._due.set()

    def close(self) -> None:
        """Send what is waiting, for two seconds at most."""
        self._is_closing = True
        self._due.set()
        self._thread.join(CLOSE_WITHIN_S)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _send_until_closed(self) -> None:
        while not self._is_closing:
            self._due.wait(SEND_EVERY_S)
            self._due.clear()
            while lines := self._take():
                self._send(lines)

    def _take(self) -> list[bytes]:
        lines: list[bytes] = []
        with self._lock:
            while self._waiting and len(lines) < BATCH_LINES:
                lines += self._waiting.popleft().splitlines()
            self._waiting_lines -= len(lines)
        return lines

    def _send(self, lines: Sequence[bytes]) -> None:
        try:
            is_sent = self._exporter.export([self._record(line) for line in lines]) is LogRecordExportResult.SUCCESS
        except Exception:  # noqa: BLE001 - whatever it is, the next lines may go
            is_sent = False
        if not is_sent:
            self._dropped.inc(len(lines))

    def _record(self, line: bytes) -> ReadableLogRecord:
        fields: dict[str, Any] = orjson.loads(line)
        level = fields.pop("log.level")
        at = datetime.fromisoformat(fields.pop("@timestamp"))
        record = LogRecord(
            timestamp=round(at.timestamp() * 1e6) * 1_000,
            context=_context(fields.pop("trace.id", "0"), fields.pop("span.id", "0")),
            severity_text=level,
            severity_number=_SEVERITIES.get(level, SeverityNumber.UNSPECIFIED),
            body=fields.pop("message"),
            attributes={name: value for name, value in fields.items() if name not in _TOLD_BY_RESOURCE},
        )
        return ReadableLogRecord(record, self._resource, _SCOPE)


_SCOPE = InstrumentationScope("fluxo_chassis")
_TOLD_BY_RESOURCE = frozenset({"ecs.version", "service.name", "service.node.name", "service.environment"})


def _context(trace_id: str, span_id: str) -> Any:
    span = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False)
    return set_span_in_context(NonRecordingSpan(span))
