"""Spans of what is done for many messages at once: one in the trace of each, and one of the batch that links them."""

import time
from collections.abc import Iterable

from fluxo_chassis.observability.traces import spans
from fluxo_chassis.observability.traces.spans import Kind, Span
from fluxo_chassis.observability.traces.tracing import TraceContext, start_trace


def record_batch(name: str, kind: Kind, traceparents: Iterable[str | None], began_ns: int) -> list[TraceContext]:
    """Record what has just ended, in every trace that is sampled; returns those spans, to go on from them."""
    messages = [start_trace(each, is_trusted=True) for each in traceparents if each is not None]
    traced = [context for context in messages if context.is_sampled]
    if traced:
        _record(name, kind, traced, len(messages), began_ns)
    return traced


def record_next(name: str, kind: Kind, before: Iterable[TraceContext], began_ns: int) -> None:
    """Record what has just ended as caused by the spans `before`."""
    traced = [context.child() for context in before]
    if traced:
        _record(name, kind, traced, len(traced), began_ns)


def _record(name: str, kind: Kind, traced: list[TraceContext], size: int, began_ns: int) -> None:
    ended_ns = time.time_ns()
    batch = start_trace(None)._replace(flags=traced[0].flags)
    attributes = {"messaging.batch.message_count": size}
    spans.record(Span(f"{name} (batch)", kind, batch, began_ns, ended_ns, attributes, traced))
    for context in traced:
        spans.record(Span(name, kind, context, began_ns, ended_ns, {}, [batch]))
