"""Sends spans over OTLP/HTTP with OpenTelemetry's own exporter, from a thread of its own."""

from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter as Sender
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from fluxo_chassis.observability.otlp_resource import process_resource
from fluxo_chassis.observability.traces.spans import Span
from fluxo_chassis.observability.traces.tracing import TraceContext
from fluxo_chassis.settings import ProcessSettings

WAITING_MAX: Final = 8_192
SEND_EVERY_MS: Final = 500
SEND_WITHIN_S: Final = 3.0
_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class OtlpSpanExporter:
    """`sender` is what spans go through; by default to `<otlp_endpoint>/v1/traces`.

    Headers, certificates and the like are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_HEADERS and so on.
    """

    def __init__(self, settings: ProcessSettings, service: str, sender: Sender | None = None) -> None:
        self._resource = process_resource(settings, service)
        self._scope = InstrumentationScope("fluxo")
        endpoint = f"{(settings.otlp_endpoint or '').rstrip('/')}/v1/traces"
        self._waiting = BatchSpanProcessor(
            sender or OTLPSpanExporter(endpoint=endpoint, timeout=SEND_WITHIN_S),
            max_queue_size=WAITING_MAX,
            schedule_delay_millis=SEND_EVERY_MS,
        )

    def export(self, span: Span) -> None:
        context = span.context
        parent = None if context.parent_id is None else _span_context(context, context.parent_id)
        self._waiting.on_end(
            ReadableSpan(
                span.name,
                context=_span_context(context, context.span_id),
                parent=parent,
                resource=self._resource,
                attributes=span.attributes,
                links=[Link(_span_context(link, link.span_id)) for link in span.links],
                kind=_KINDS[span.kind],
                status=Status(StatusCode.UNSET) if span.error is None else Status(StatusCode.ERROR, span.error),
                start_time=span.began_ns,
                end_time=span.ended_ns,
                instrumentation_scope=self._scope,
            )
        )

    def close(self) -> None:
        self._waiting.shutdown()  # type: ignore[no-untyped-call]


def _span_context(context: TraceContext, span_id: str) -> SpanContext:
    return SpanContext(
        int(context.trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(int(context.flags, 16))
    )
