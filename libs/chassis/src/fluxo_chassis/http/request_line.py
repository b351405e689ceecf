"""The log line of a request whose answer was ready: rendered once, then filled in, for a tenth of the cost."""

import logging
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Self

import structlog

from fluxo_chassis.line_output import LineOutput
from fluxo_chassis.logging import EcsRenderer

# What such lines differ in, in the order in which they show it.
CHANGING = ("event.duration", "organization.id", "trace.id", "span.id", "http.request.id")
_NUMBER, *_STRINGS = CHANGING


class RequestLine:
    """An INFO line of `logger_name` as the logger itself would write it, with the values of CHANGING left open."""

    def __init__(self, renderer: EcsRenderer, logger_name: str, event: str, fields: Mapping[str, Any]) -> None:
        line = _line_with_marks(renderer, logger_name, event, fields).decode()
        self.output: LineOutput = renderer.output
        self._start, line = line.split("<@timestamp>")
        self._to_number, line = line.split(f'"<{_NUMBER}>"')
        pieces = []
        for name in _STRINGS:
            piece, line = line.split(f"<{name}>")
            pieces.append(piece)
        self._to_organization, self._to_trace, self._to_span, self._to_request = pieces
        self._end = line + "\n"
        self._second, self._until_second = -1, ""

    @classmethod
    def of(cls, logger_name: str, event: str, fields: Mapping[str, Any]) -> Self | None:
        """The line, or None where such lines do not go out as ECS: then the logger decides what becomes of them."""
        renderer = structlog.get_config()["processors"][-1]
        is_written = structlog.get_logger(logger_name).is_enabled_for(logging.INFO)
        return cls(renderer, logger_name, event, fields) if isinstance(renderer, EcsRenderer) and is_written else None

    def render(
        self, at_ns: int, duration_ns: int, organization: str, trace_id: str, span_id: str, request_id: str
    ) -> str:
        """Return the line of an instant, given in nanoseconds since 1970. The strings must be safe inside JSON."""
        second, nanoseconds = divmod(at_ns, 1_000_000_000)
        if second != self._second:
            self._second = second
            self._until_second = self._start + time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        microseconds = str(1_000_000 + nanoseconds // 1_000)[1:]
        return (
            f"{self._until_second}{microseconds}Z{self._to_number}{duration_ns}{self._to_organization}{organization}"
            f"{self._to_trace}{trace_id}{self._to_span}{span_id}{self._to_request}{request_id}{self._end}"
        )


def _line_with_marks(renderer: EcsRenderer, logger_name: str, event: str, fields: Mapping[str, Any]) -> bytes:
    marks = {name: f"<{name}>" for name in CHANGING}
    line = renderer(SimpleNamespace(name=logger_name), "info", {"event": event, "level": "info", **fields, **marks})
    before, after = line.split(b'"@timestamp":"', 1)
    return before + b'"@timestamp":"<@timestamp>"' + after.split(b'"', 1)[1]
