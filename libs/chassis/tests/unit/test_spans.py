"""What goes out for a trace, through OpenTelemetry's own classes up to the point where they would send it."""

import time

import pytest
from fluxo_chassis.http.request_log import Kind, RequestLog
from fluxo_chassis.observability.traces import spans, tracing
from fluxo_chassis.observability.traces.batch_spans import record_batch, record_next
from fluxo_chassis.observability.traces.otlp_spans import OtlpSpanExporter
from fluxo_chassis.observability.traces.spans import exported_as_configured
from fluxo_chassis.settings import ProcessSettings
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

pytestmark = pytest.mark.anyio

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = CALLER[:-2] + "00"


@pytest.fixture
def sent():
    """`sent()`: the spans that went out, once what waited is sent."""
    memory = InMemorySpanExporter()
    exporter = OtlpSpanExporter(ProcessSettings(instance="api-1"), "fluxo-chassis", memory)
    with spans.exported(exporter):

        def flush():
            exporter._waiting.force_flush()
            return memory.get_finished_spans()

        yield flush


def parents(span):
    return span.parent and f"{span.parent.span_id:016x}"


async def test_a_request_becomes_a_span_under_its_callers(sent):
    account = RequestLog()
    context = tracing.start_trace(CALLER)
    account.note(Kind("POST", "/v1/notes", 201), "t-1", 0.002, context)
    account.note(Kind("GET", "/health/ready", 200), None, 0.002, tracing.start_trace(CALLER))
    account.settle()
    (span,) = sent()
    assert (span.name, span.kind) == ("POST /v1/notes", SpanKind.SERVER)
    assert f"{span.context.trace_id:032x}" == context.trace_id
    assert (f"{span.context.span_id:016x}", parents(span)) == (context.span_id, "00f067aa0ba902b7")
    assert span.end_time - span.start_time == 2_000_000
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/notes",
        "http.response.status_code": 201,
    }
    assert span.resource.attributes["service.name"] == "fluxo-chassis"
    assert span.resource.attributes["service.instance.id"] == "api-1"
    assert span.status.status_code is StatusCode.UNSET


async def test_our_faults_are_marked_and_the_callers_are_not(sent):
    account = RequestLog()
    for status in (422, 503):
        account.note(Kind("POST", "/v1/notes", status), None, 0.001, tracing.start_trace(CALLER))
    account.settle()
    assert [span.status.status_code for span in sent()] == [StatusCode.UNSET, StatusCode.ERROR]


async def test_a_part_is_a_child_of_what_is_being_worked_on_and_tells_how_it_failed(sent):
    with tracing.continue_trace(CALLER) as context:
        with spans.span("append", "client", {"db.system.name": "postgresql"}):
            pass
        with pytest.raises(LookupError), spans.span("find"):
            raise LookupError("the secret")
    good, bad = sent()
    assert {parents(span) for span in (good, bad)} == {context.span_id}
    assert (good.kind, good.attributes) == (SpanKind.CLIENT, {"db.system.name": "postgresql"})
    assert (bad.status.status_code, bad.status.description) == (StatusCode.ERROR, "LookupError")


async def test_what_is_not_sampled_is_not_sent(sent):
    with tracing.continue_trace(UNSAMPLED), spans.span("append"):
        pass
    assert record_batch("publish", "producer", [UNSAMPLED, None], time.time_ns()) == []
    with spans.span("outside of any trace"):
        pass
    assert sent() == ()


async def test_a_batch_is_in_the_trace_of_each_of_its_messages_and_links_them(sent):
    other = CALLER.replace("4bf9", "5bf9")
    published = record_batch("publish", "producer", [CALLER, None, UNSAMPLED, other], time.time_ns())
    record_next("remove", "client", published, time.time_ns())
    spans_sent = sent()
    batch, messages, after, removed = spans_sent[0], spans_sent[1:3], spans_sent[3], spans_sent[4:]
    assert len(removed) == 2
    assert batch.attributes["messaging.batch.message_count"] == 3
    assert [link.context.span_id for link in batch.links] == [message.context.span_id for message in messages]
    assert [[link.context.span_id for link in message.links] for message in messages] == [[batch.context.span_id]] * 2
    assert [parents(message) for message in messages] == ["00f067aa0ba902b7"] * 2
    assert [span.parent.span_id for span in removed] == [message.context.span_id for message in messages]
    assert len({span.context.trace_id for span in (batch, after, *messages)}) == 4


@pytest.mark.parametrize("caller", [False, True])
def test_a_share_of_the_traces_is_sampled_whoever_began_them(monkeypatch, caller):
    for share, flags in ((0.0, {"00"}), (1.0, {"01"}), (0.5, {"00", "01"})):
        monkeypatch.setattr(tracing, "sampled_share", share)
        given = [f"00-{digit:032x}-00f067aa0ba902b7-01" if caller else None for digit in range(1, 100)]
        assert {tracing.start_trace(each).flags for each in given} == flags
        assert not tracing.start_trace(UNSAMPLED).is_sampled


def test_our_processes_decide_alike_and_keep_to_what_was_decided_before_the_queue(monkeypatch):
    monkeypatch.setattr(tracing, "sampled_share", 0.3)
    began = [tracing.start_trace(None) for _ in range(100)]
    passed_on = [tracing.start_trace(context.traceparent) for context in began]
    assert [context.flags for context in passed_on] == [context.flags for context in began]
    monkeypatch.setattr(tracing, "sampled_share", 0.0)
    with tracing.continue_trace(CALLER) as passed_on, tracing.continue_trace(None) as new:
        assert (passed_on.is_sampled, new.is_sampled) == (True, False)


def test_who_does_not_know_the_key_cannot_choose_an_id_that_is_sampled(monkeypatch):
    monkeypatch.setattr(tracing, "sampled_share", 0.5)
    contexts = [tracing.start_trace(None) for _ in range(100)]
    before = {context for context in contexts if context.is_sampled}
    monkeypatch.setattr(tracing, "sampling_key", b"another key, as no caller has it")
    after = {
        context for context in contexts if tracing.start_trace(context._replace(flags="01").traceparent).is_sampled
    }
    assert before != after


def test_without_an_endpoint_nothing_is_made():
    with exported_as_configured(ProcessSettings(), "fluxo-chassis"):
        assert not spans.is_on()
        with tracing.continue_trace(CALLER) as context:
            assert not spans.is_traced(context)
