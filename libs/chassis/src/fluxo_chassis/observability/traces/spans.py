"""Spans: what was done for a trace, when and for how long, sent to a collector over OTLP.

Ids and sampling are decided in `tracing.py`, at next to no cost. A span is made only when it is over, for a trace that
is sampled, and only where `FLUXO_OTLP_ENDPOINT` is set: without it the OpenTelemetry libraries are not even imported.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal, NamedTuple, Protocol

from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.observability.traces.tracing import TraceContext
from fluxo_chassis.settings import ProcessSettings

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int]


class Span(NamedTuple):
    """What was done; instants in nanoseconds since 1970. `links` are spans of other traces that had a part in it."""

    name: str
    kind: Kind
    context: TraceContext
    began_ns: int
    ended_ns: int
    attributes: Attributes
    links: Sequence[TraceContext] = ()
    error: str | None = None


class SpanExporter(Protocol):
    def export(self, span: Span) -> None:
        """Take the span to be sent later; never waits, and drops it when too many wait already."""

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""


_exporter: SpanExporter | None = None


@contextmanager
def exported(exporter: SpanExporter) -> Iterator[None]:
    """Send what is recorded inside the block to the exporter."""
    global _exporter  # noqa: PLW0603 - one for the whole process, as the log has one
    _exporter = exporter
    try:
        yield
    finally:
        _exporter = None
        exporter.close()


def exported_as_configured(settings: ProcessSettings, service: str) -> AbstractContextManager[None]:
    """Send the spans of the block where the settings say; nowhere when they name no endpoint."""
    if settings.otlp_endpoint is None:
        return nullcontext()
    from fluxo_chassis.observability.traces.otlp_spans import OtlpSpanExporter  # noqa: PLC0415 - a quarter of a second, for those who want it

    key = settings.log_hash_key
    tracing.sample(settings.traces_sampled, key.get_secret_value().encode() if key else b"")
    return exported(OtlpSpanExporter(settings, service))


def is_on() -> bool:
    return _exporter is not None


def is_traced(context: TraceContext | None) -> bool:
    """Whether a span of this trace would go anywhere."""
    return _exporter is not None and context is not None and context.is_sampled


def record(span: Span) -> None:
    """Send a span that is over, if its trace is sampled and there is somebody to send it to."""
    if _exporter is not None and span.context.is_sampled:
        _exporter.export(span)


class span:  # noqa: N801 - reads as what it is: `with span(...)`
    """Records the block as a child of the span being worked on; does nothing where that is not traced."""

    __slots__ = ("_attributes", "_began_ns", "_context", "_kind", "_name")

    def __init__(self, name: str, kind: Kind = "internal", attributes: Attributes | None = None) -> None:
        current = tracing.current_context()
        self._context = current.child() if current is not None and is_traced(current) else None
        self._name, self._kind, self._attributes = name, kind, attributes or {}

    def __enter__(self) -> None:
        if self._context is not None:
            self._began_ns = time.time_ns()

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self._context is not None:
            failure = None if error is None else type(error).__name__
            record(
                Span(
                    self._name,
                    self._kind,
                    self._context,
                    self._began_ns,
                    time.time_ns(),
                    self._attributes,
                    error=failure,
                )
            )
