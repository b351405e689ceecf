import asyncio
import threading

import orjson
import pytest
import structlog
from fluxo_chassis.http.request_log import FLUSH_AFTER_S, Kind, RequestLog
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.logs.pseudonym import organization_id
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.settings import ProcessSettings
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("logging_restored")]

ROUTE = "/v1/100%/{number}"
KIND = Kind("GET", ROUTE, 200)


@pytest.fixture
def lines(lines_written):
    configure_logging(ProcessSettings(log_format="json", instance="api-%s-<1>"), "some-service")
    return lines_written


@pytest.mark.parametrize("tenant", ["t-1", None])
async def test_the_line_is_the_one_that_the_logger_would_write(lines, tenant):
    account = RequestLog()
    organization = {"organization.id": organization_id(tenant)} if tenant else {}
    with tracing.continue_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") as context:
        structlog.get_logger("fluxo_chassis.http.request_log").info(
            "request",
            **{
                "http.request.method": "GET",
                "http.route": ROUTE,
                "http.response.status_code": 200,
                "event.duration": 12_300,
            },
            **organization,
        )
    account.note(KIND, tenant, 0.0000123, context)
    account.settle()
    ordinary, ours = lines()
    assert list(ours) == list(ordinary)
    stamps = [line.pop("@timestamp") for line in (ordinary, ours)]
    assert ours == ordinary
    assert len(stamps[0]) == len(stamps[1])
    assert stamps[0] <= stamps[1]


async def test_what_is_noted_is_settled_a_moment_later_without_being_asked_to(lines, virtual_time):
    account = RequestLog()
    before = count()
    for _ in range(300):
        account.note(KIND, "t-1", 0.001, tracing.start_trace(None))
    await asyncio.sleep(FLUSH_AFTER_S)
    assert len({line["trace.id"] for line in lines()}) == 300
    assert count() == before + 300


def count():
    labels = {"method": "GET", "route": ROUTE, "status": "200"}
    return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0


async def test_lines_stay_in_order(lines):
    account = RequestLog()
    account.note(KIND, "t-1", 0.001, tracing.start_trace(None))
    account.settle()
    for number in range(3):
        account.note(KIND, "t-1", 0.001, tracing.start_trace(None, request_id=f"before-{number}"))
        structlog.get_logger().warning(f"then {number}")
    told = [line.get("http.request.id") or line["message"] for line in lines()][1:]
    assert told == ["before-0", "then 0", "before-1", "then 1", "before-2", "then 2"]


async def test_below_the_level_there_is_a_duration_and_no_line(capfdbinary):
    configure_logging(ProcessSettings(log_format="json", log_level="warning"), "some-service")
    account = RequestLog()
    before = count()
    account.note(KIND, "t-1", 0.001, tracing.start_trace(None))
    account.settle()
    assert capfdbinary.readouterr().out == b""
    assert count() == before + 1


async def test_people_get_their_line_too(capsys):
    configure_logging(ProcessSettings(log_format="console"), "some-service")
    account = RequestLog()
    account.note(KIND, "t-1", 0.001, tracing.start_trace(None, request_id="order-7"))
    account.settle()
    assert "order-7" in capsys.readouterr().out


async def test_a_line_that_comes_between_probes_at_debug_level_waits_for_nobody(capfdbinary):
    configure_logging(ProcessSettings(log_format="json", log_level="debug"), "some-service")
    account = RequestLog()
    log = structlog.get_logger("somewhere")
    account.note(KIND, "t-1", 0.001, tracing.start_trace(None))
    account.settle()
    capfdbinary.readouterr()
    for request_id, route in (("1", ROUTE), ("2", "/health/live"), ("3", ROUTE), ("4", "/health/live")):
        account.note(Kind("GET", route, 200), None, 0.001, tracing.start_trace(None, request_id))
    # It once waited for itself, for ever.
    logging_thread = threading.Thread(target=log.warning, args=["then"], daemon=True)
    logging_thread.start()
    logging_thread.join(5)
    assert not logging_thread.is_alive()
    told = [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [line.get("http.request.id") or line["message"] for line in told] == ["1", "2", "3", "4", "then"]
