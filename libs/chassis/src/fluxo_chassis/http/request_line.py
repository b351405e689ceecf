"""The log line of a request: rendered once for each kind of request, then filled in, for a tenth of the cost."""

import logging
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Self

import structlog

from fluxo_chassis.observability.logs.configuration import EcsRenderer
from fluxo_chassis.observability.logs.line_output import LineOutput
from fluxo_chassis.observability.logs.log_level import is_always_written

_DURATION = "event.duration"
_IDS = ("trace.id", "span.id", "http.request.id")
_CHANGING = (_DURATION, "organization.id", *_IDS)


class RequestLine:
    """An INFO line of `logger_name` as the logger itself would write it, with what changes left open.

    That is the duration, the organization if `fields` has one, and the ids of trace, span and request.
    """

    def __init__(self, renderer: EcsRenderer, logger_name: str, event: str, fields: Mapping[str, Any]) -> None:
        self.output: LineOutput = renderer.output
        self._template = _template(renderer, logger_name, event, fields)
        self._second, self._until_second = -1, ""

    @classmethod
    def of(cls, logger_name: str, event: str, fields: Mapping[str, Any]) -> Self | None:
        """The line, or None where such lines do not go out as ECS: then the logger decides what becomes of them."""
        renderer = structlog.get_config()["processors"][-1]
        if not isinstance(renderer, EcsRenderer) or not is_always_written(logging.INFO):
            return None
        return cls(renderer, logger_name, event, fields)

    def render(self, at_ns: int, duration_ns: int, *strings: str) -> str:
        """Return the line of an instant, given in nanoseconds since 1970. The strings must be safe inside JSON."""
        second, nanoseconds = divmod(at_ns, 1_000_000_000)
        if second != self._second:
            self._second = second
            self._until_second = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        return self._template % (self._until_second, nanoseconds // 1_000, duration_ns, *strings)


def _template(renderer: EcsRenderer, logger_name: str, event: str, fields: Mapping[str, Any]) -> str:
    marks = {name: f"<{name}>" for name in _CHANGING if name in fields or name in _IDS}
    event_dict = {"event": event, "level": "info", **fields, **marks}
    line = renderer(SimpleNamespace(name=logger_name), "info", event_dict).decode().replace("%", "%%")
    before, after = line.split('"@timestamp":"', 1)
    line = before + '"@timestamp":"%s%06dZ"' + after.split('"', 1)[1]
    line = line.replace(f'"<{_DURATION}>"', "%d")
    for name in marks:
        line = line.replace(f"<{name}>", "%s")
    return line + "\n"
