import logging

import pytest
import structlog
from fluxo_chassis.http.request_log import Kind, RequestLog
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.logs.log_level import say_as_configured, say_debug
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.settings import ProcessSettings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("logging_restored")]

CHANGES = ("the log level is debug now", "the log level is as configured again")


@pytest.fixture
def said(lines_written):
    return lambda: [line["message"] for line in lines_written()]


def configure(level):
    configure_logging(ProcessSettings(log_format="json", log_level=level), "some-service")


@pytest.mark.parametrize("level", ["info", "error"])
async def test_a_logger_that_was_used_before_says_debug_and_stops_again(said, level):
    configure(level)
    log = structlog.get_logger("somewhere")
    log.error("kept from now on")
    log.debug("too early")
    say_debug()
    log.debug("wanted")
    logging.getLogger("library").info("wanted too")
    say_as_configured()
    log.debug("too late")
    log.error("always")
    assert said() == ["kept from now on", CHANGES[0], "wanted", "wanted too", CHANGES[1], "always"]


async def test_a_level_above_info_leaves_requests_out_before_and_after_but_not_while_debugging(said):
    configure("warning")
    account = RequestLog()

    def request():
        account.note(Kind("GET", "/v1/notes", 200), "t-1", 0.001, tracing.start_trace(None))
        account.settle()

    request()
    say_debug()
    request()
    say_as_configured()
    request()
    assert said() == [CHANGES[0], "request", CHANGES[1]]


async def test_probes_are_told_while_debugging(said):
    configure("info")
    account = RequestLog()

    def probe():
        account.note(Kind("GET", "/health/live", 200), None, 0.001, tracing.start_trace(None))
        account.settle()

    probe()
    say_debug()
    probe()
    say_as_configured()
    probe()
    assert said() == [CHANGES[0], "request", CHANGES[1]]


async def test_asking_twice_changes_nothing(said):
    configure("debug")
    say_as_configured()
    say_debug()
    say_as_configured()
    structlog.get_logger("somewhere").debug("still")
    assert said()[-1] == "still"


async def test_a_refused_request_tells_its_problem_while_debugging(said, client):
    configure("debug")
    await client.get("/v1/nowhere")
    assert "answered with a problem" in said()
