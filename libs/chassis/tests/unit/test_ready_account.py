import asyncio
import logging

import orjson
import pytest
import structlog
from fluxo_chassis import tracing
from fluxo_chassis.http.account import account
from fluxo_chassis.http.ready_account import ReadyAccount
from fluxo_chassis.http.ready_answer import ReadyAnswer
from fluxo_chassis.logging import configure_logging
from fluxo_chassis.settings import ProcessSettings
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio

ROUTE = "/v1/100%/{number}"
ANSWER = ReadyAnswer(200, ROUTE, "t-1", b"", b"")


@pytest.fixture(autouse=True)
def configuration_restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines(capfdbinary):
    def read():
        return [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]

    configure_logging(ProcessSettings(log_format="json", instance="api-%s-<1>"), "some-service")
    return read


async def test_the_line_is_the_ordinary_one(lines):
    ready = ReadyAccount()
    with tracing.continue_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") as context:
        account("GET", ROUTE, 200, 0.0000123, "t-1")
        ready.note("GET", ANSWER, 0.0000123, context)
        ready.settle()
    ordinary, short = lines()
    assert list(short) == list(ordinary)
    stamps = [line.pop("@timestamp") for line in (ordinary, short)]
    assert short == ordinary
    assert len(stamps[0]) == len(stamps[1])
    assert stamps[0] <= stamps[1]


async def test_what_is_noted_is_settled_a_moment_later_without_being_asked_to(lines):
    ready = ReadyAccount()
    before = count()
    for _ in range(300):
        ready.note("GET", ANSWER, 0.001, tracing.start_trace(None))
    found = lines()
    async with asyncio.timeout(5):
        while len(found) < 300:
            await asyncio.sleep(0.001)
            found += lines()
    assert len({line["trace.id"] for line in found}) == 300
    assert count() == before + 300


def count():
    labels = {"method": "GET", "route": ROUTE, "status": "200"}
    return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0


async def test_lines_stay_in_order(lines):
    ready = ReadyAccount()
    ready.note("GET", ANSWER, 0.001, tracing.start_trace(None))
    ready.settle()
    for number in range(3):
        ready.note("GET", ANSWER, 0.001, tracing.start_trace(None, request_id=f"before-{number}"))
        structlog.get_logger().warning(f"then {number}")
    told = [line.get("http.request.id") or line["message"] for line in lines()][1:]
    assert told == ["before-0", "then 0", "before-1", "then 1", "before-2", "then 2"]


async def test_below_the_level_there_is_a_duration_and_no_line(capfdbinary):
    configure_logging(ProcessSettings(log_format="json", log_level="warning"), "some-service")
    ready = ReadyAccount()
    before = count()
    ready.note("GET", ANSWER, 0.001, tracing.start_trace(None))
    ready.settle()
    assert capfdbinary.readouterr().out == b""
    assert count() == before + 1


async def test_people_get_their_line_too(capsys):
    configure_logging(ProcessSettings(log_format="console"), "some-service")
    ready = ReadyAccount()
    ready.note("GET", ANSWER, 0.001, tracing.start_trace(None, request_id="order-7"))
    ready.settle()
    assert "order-7" in capsys.readouterr().out
