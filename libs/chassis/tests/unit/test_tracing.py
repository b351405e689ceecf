import pytest
from fluxo_chassis.observability.traces import tracing

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
VALID = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def test_a_valid_traceparent_is_continued_by_a_span_of_our_own():
    with tracing.continue_trace(VALID):
        passed_on = tracing.current_traceparent()
        assert tracing.current_trace_id() == TRACE_ID
    assert passed_on.startswith(f"00-{TRACE_ID}-")
    assert passed_on.endswith("-01")
    assert "00f067aa0ba902b7" not in passed_on


def test_the_decision_not_to_sample_is_passed_on():
    with tracing.continue_trace(VALID[:-2] + "00"):
        assert tracing.current_traceparent().endswith("-00")


def test_a_later_version_may_say_more():
    assert tracing.parse_traceparent(f"cc-{TRACE_ID}-00f067aa0ba902b7-01-what-the-future-brings") == (
        TRACE_ID,
        "00f067aa0ba902b7",
        "01",
    )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        VALID.upper(),
        VALID + "\n",
        VALID + "-more",
        VALID[:-1],
        f"ff-{TRACE_ID}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        VALID.replace("4bf9", "\uff14bf9"),
    ],
)
def test_an_invalid_traceparent_starts_a_new_trace(header):
    with tracing.continue_trace(header):
        assert tracing.current_trace_id() != TRACE_ID
        assert tracing.parse_traceparent(tracing.current_traceparent())


def test_outside_of_a_request_every_trace_is_a_new_one():
    assert tracing.current_traceparent() != tracing.current_traceparent()
    assert tracing.current_context() is None


def test_a_trace_ends_with_its_block():
    with tracing.continue_trace(VALID), tracing.continue_trace(None):
        assert tracing.current_trace_id() != TRACE_ID
    assert tracing.current_context() is None
