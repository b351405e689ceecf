import logging

import asyncpg
import pytest
import structlog
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.settings import ProcessSettings

pytestmark = pytest.mark.usefixtures("logging_restored")

log = structlog.get_logger("somewhere")


@pytest.fixture
def lines(lines_written):
    configure_logging(ProcessSettings(log_format="json", instance="api-1"), "some-service")
    return lines_written


def test_a_line_is_ecs_json(lines):
    structlog.get_logger("somewhere").info("something happened", count=3, **{"event.duration": 5})
    (line,) = lines()
    assert line.pop("@timestamp").endswith("Z")
    assert line == {
        "log.level": "info",
        "message": "something happened",
        "ecs.version": "9.0.0",
        "service.name": "some-service",
        "service.node.name": "api-1",
        "service.environment": "development",
        "log.logger": "somewhere",
        "fluxo.count": 3,
        "event.duration": 5,
    }


def test_a_line_of_a_request_names_its_trace(lines):
    with tracing.continue_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") as context:
        structlog.get_logger().info("inside")
    (line,) = lines()
    assert line["trace.id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert line["span.id"] == context.span_id
    assert line["http.request.id"] == context.request_id


def lost():
    try:
        {}["what was lost"]
    except LookupError as error:
        return error


def test_an_exception_is_told_in_fields(lines):
    structlog.get_logger().error("failed", exc_info=lost())
    (line,) = lines()
    assert (line["error.type"], line["error.message"]) == ("KeyError", "'what was lost'")
    assert "test_logging.py" in line["error.stack_trace"]


def test_the_data_that_an_exception_repeats_is_left_out(lines):
    refused = asyncpg.exceptions.CheckViolationError("new row violates a check")
    refused.detail = "Failing row contains (secret)."
    about_a_value = asyncpg.DataError("invalid input for query argument $1: 'secret'")
    try:
        try:
            raise about_a_value
        except asyncpg.DataError as error:
            raise ExceptionGroup("two failed", [refused, lost()]) from error
    except ExceptionGroup as error:
        structlog.get_logger().error("failed", exc_info=error)
    structlog.get_logger().error("failed", exc_info=refused)
    both, one = lines()
    assert "secret" not in str(both) + str(one)
    assert one["error.message"] == "new row violates a check"
    trace = both["error.stack_trace"]
    assert [trace.index(part) for part in ("DataError", "two failed", "new row", "what was lost")] == sorted(
        trace.index(part) for part in ("DataError", "two failed", "new row", "what was lost")
    )


def test_a_library_that_logs_the_old_way_says_it_the_same_way(lines):
    logging.getLogger("uvicorn.error").warning("port %d", 80)
    logging.getLogger("asyncio").error("task failed", exc_info=lost())
    first, second = lines()
    assert (first["message"], first["log.level"], first["log.logger"]) == ("port 80", "warning", "uvicorn.error")
    assert second["error.type"] == "KeyError"


def test_what_cannot_be_encoded_is_written_all_the_same(lines):
    structlog.get_logger().info("odd \ud800", what={1, 2}, big=2**80)
    (line,) = lines()
    assert line["fluxo.big"] == 2**80


def test_lines_below_the_level_are_left_out(lines):
    structlog.get_logger().debug("too much")
    assert lines() == []


def test_people_get_a_line_without_json(capsys):
    configure_logging(ProcessSettings(log_format="console"), "some-service")
    structlog.get_logger().info("hello", count=3)
    assert "hello" in capsys.readouterr().out
