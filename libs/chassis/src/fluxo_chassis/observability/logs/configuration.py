"""One JSON line per event, in Elastic Common Schema (ECS), to every destination; colours on a terminal."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import orjson
import structlog
from structlog.typing import Processor

from fluxo_chassis.observability.logs.error_text import error_message, stack_trace
from fluxo_chassis.observability.logs.line_output import Destination, LineOutput, StandardOutput
from fluxo_chassis.observability.logs.log_file import LogFile
from fluxo_chassis.observability.logs.log_level import ProcessLogger, configure_level
from fluxo_chassis.observability.logs.pseudonym import use_hash_key
from fluxo_chassis.observability.traces.tracing import current_context
from fluxo_chassis.settings import ProcessSettings

ECS_VERSION = "9.0.0"
# Fields of our own live below this name, where no later version of the schema can clash with them.
NAMESPACE = "fluxo"

Event = MutableMapping[str, Any]


def configure_logging(settings: ProcessSettings, service: str) -> None:
    """Call once, first thing. `FLUXO_LOG_FORMAT=auto` means colours on a terminal and JSON elsewhere.

    Raises:
        SystemExit: a destination cannot be opened; a sentence says why.
    """
    use_hash_key("" if settings.log_hash_key is None else settings.log_hash_key.get_secret_value())
    for_people = settings.log_format == "console" or (settings.log_format == "auto" and sys.stdout.isatty())
    shows_people = for_people and "stdout" in settings.log_destinations
    output = LineOutput([*_destinations(settings, service, standard_output=not shows_people)])
    ecs = EcsRenderer(service, settings.instance, settings.environment, output)
    shared: list[Processor] = [
        InOrder(output),
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        add_trace,
    ]
    if shows_people:
        also_ecs: list[Processor] = [AlsoEcs(ecs)] if len(settings.log_destinations) > 1 else []
        clock = structlog.processors.TimeStamper("%H:%M:%S.%f", utc=False)
        render: list[Processor] = [*also_ecs, clock, structlog.dev.ConsoleRenderer()]
        factory: Callable[..., Any] = structlog.PrintLoggerFactory()
    else:
        render = [ecs]
        factory = structlog.BytesLoggerFactory(cast("BinaryIO", output))
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=ProcessLogger,
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[ToStructlog()], force=True)
    logging.captureWarnings(capture=True)
    configure_level(logging.getLevelNamesMapping()[settings.log_level.upper()])


def _destinations(settings: ProcessSettings, service: str, *, standard_output: bool) -> Iterator[Destination]:
    if "stdout" in settings.log_destinations and standard_output:
        yield StandardOutput()
    if "file" in settings.log_destinations:
        yield LogFile(settings)
    if "otlp" in settings.log_destinations and settings.otlp_endpoint is not None:
        # Who does not use it does not pay.
        from fluxo_chassis.observability.logs.log_collector import open_collector  # noqa: PLC0415
        from fluxo_chassis.observability.otlp_resource import process_resource  # noqa: PLC0415

        yield open_collector(settings.otlp_endpoint, process_resource(settings, service))


class ToStructlog(logging.Handler):
    """Lets lines of libraries that use the standard library's logging leave the same way as ours."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"exc_info": record.exc_info} if record.exc_info else {}
        structlog.get_logger(record.name).log(record.levelno, record.getMessage(), **fields)


class InOrder:
    """Lets lines that were put off go first. Not while a line is written: the writer's lock is held then."""

    def __init__(self, output: LineOutput) -> None:
        self._output = output

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        if self._output.ahead is not None:
            self._output.ahead()
        return event


def add_trace(_logger: object, _method: str, event: Event) -> Event:
    context = current_context()
    if context is not None:
        event["trace.id"] = context.trace_id
        event["span.id"] = context.span_id
        event["http.request.id"] = context.request_id
    return event


class EcsRenderer:
    """Turns an event into one ECS line for `output`. Never raises: what cannot be encoded is replaced."""

    def __init__(self, service: str, instance: str, environment: str, output: LineOutput) -> None:
        self.output = output
        self._static = {
            "ecs.version": ECS_VERSION,
            "service.name": service,
            "service.node.name": instance,
            "service.environment": environment,
        }

    def __call__(self, logger: Any, _method: str, event: Event) -> bytes:
        line: dict[str, Any] = {
            "@timestamp": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "log.level": event.pop("level", "info"),
            "message": event.pop("event", ""),
            **self._static,
        }
        if name := getattr(logger, "name", None):
            line["log.logger"] = name
        if (error := _exception(event.pop("exc_info", None))) is not None:
            line["error.type"] = type(error).__name__
            line["error.message"] = error_message(error)
            line["error.stack_trace"] = stack_trace(error)
        for key, value in event.items():
            line[key if "." in key else f"{NAMESPACE}.{key}"] = value
        try:
            return orjson.dumps(line, default=str)
        except orjson.JSONEncodeError:
            return json.dumps(line, default=str, ensure_ascii=False).encode("utf-8", "replace")


class AlsoEcs:
    """Writes the line to the destinations of programs, before it is shown to people on their terminal."""

    def __init__(self, ecs: EcsRenderer) -> None:
        self._ecs = ecs

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        self._ecs.output.write(self._ecs(logger, method, dict(event)) + b"\n")
        return event


def _exception(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    found = exc_info if isinstance(exc_info, tuple) else sys.exc_info() if exc_info else (None, None, None)
    return found[1] if isinstance(found[1], BaseException) else None
