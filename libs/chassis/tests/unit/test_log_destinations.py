"""Where lines go: real files, a real collector over HTTP, and what happens when one of them cannot take any more."""

import asyncio
import gzip
import http.server
import sys
import threading
import time
from importlib.metadata import version

import orjson
import pytest
import structlog
from fluxo_chassis.http.request_log import Kind, RequestLog
from fluxo_chassis.observability.logs import configure_logging, log_collector
from fluxo_chassis.observability.traces import tracing
from fluxo_chassis.settings import ProcessSettings
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from prometheus_client import REGISTRY

pytestmark = pytest.mark.usefixtures("logging_restored")

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def dropped(destination):
    return REGISTRY.get_sample_value("log_lines_dropped_total", {"destination": destination}) or 0


def messages(*files):
    return [orjson.loads(line)["message"] for file in files for line in file.read_bytes().splitlines()]


# A file


def to_file(path, **options):
    settings = ProcessSettings(log_destinations=("file",), log_file=str(path), instance="api-1", **options)
    configure_logging(settings, "some-service")
    return structlog.get_logger("somewhere")


def test_lines_go_to_the_instances_file_and_nowhere_else(tmp_path, capfd):
    log = to_file(tmp_path / "{instance}.log")
    log.info("first — é")
    log.warning("second")
    assert messages(tmp_path / "api-1.log") == ["first — é", "second"]
    assert capfd.readouterr().out == ""


def test_a_file_that_has_grown_is_put_aside_and_the_oldest_goes(tmp_path):
    log = to_file(tmp_path / "log", log_file_max_mb=1, log_files_kept=2)
    for number in range(50):
        log.info("line %d", number, filling="x" * 100_000)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    assert all(file.stat().st_size <= 1_000_000 for file in tmp_path.iterdir())
    kept = messages(tmp_path / "log.2", tmp_path / "log.1", tmp_path / "log")
    assert kept == [f"line {number}" for number in range(50)][-len(kept) :]
    assert len(kept) > 18


@pytest.mark.anyio
async def test_the_lines_of_requests_go_there_in_order(tmp_path):
    log = to_file(tmp_path / "log")
    account = RequestLog()
    for number in range(3):
        account.note(Kind("GET", "/v1/é", 200), "t-1", 0.001, tracing.start_trace(None, f"r-{number}"))
    account.settle()
    account.note(Kind("GET", "/v1/é", 200), "t-1", 0.001, tracing.start_trace(None, "r-3"))
    log.info("then")
    lines = [orjson.loads(line) for line in (tmp_path / "log").read_bytes().splitlines()]
    assert [line.get("http.request.id", "") for line in lines] == ["r-0", "r-1", "r-2", "r-3", ""]
    assert lines[0]["http.route"] == "/v1/é"


def test_on_a_terminal_people_get_colours_and_the_file_gets_json(tmp_path, capsys):
    configure_logging(
        ProcessSettings(log_format="console", log_destinations=("stdout", "file"), log_file=str(tmp_path / "log")), "s"
    )
    structlog.get_logger().info("hello", count=3)
    assert "hello" in capsys.readouterr().out
    assert messages(tmp_path / "log") == ["hello"]
    assert orjson.loads((tmp_path / "log").read_bytes())["fluxo.count"] == 3


def test_a_file_that_cannot_be_written_ends_the_process_with_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_:
        to_file(tmp_path / "missing" / "log")
    assert exit_.value.code == 2
    told = capsys.readouterr().err
    assert told == f"FLUXO_LOG_FILE: cannot write to {tmp_path}/missing/log (No such file or directory).\n"


def test_two_processes_cannot_have_the_same_file(tmp_path, capsys):
    to_file(tmp_path / "log")
    with pytest.raises(SystemExit):
        to_file(tmp_path / "log")
    assert "another process has it: put {instance} into the name" in capsys.readouterr().err


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path):
    path = tmp_path / "log"
    path.symlink_to("/dev/full")
    log = to_file(path)
    before = dropped("file")
    log.info("lost")
    log.info("lost too")
    assert dropped("file") == before + 2
    path.unlink()
    log.info("there is room again")
    assert messages(path) == ["there is room again"]


# A collector


class Collector:
    """Takes OTLP over HTTP, and keeps what it got."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._got = threading.Condition()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                request = ExportLogsServiceRequest.FromString(body)
                with collector._got:
                    collector.requests.append((self.path, dict(self.headers), request))
                    collector._got.notify_all()
                collector.may_answer.wait()
                self.send_response(collector.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def records(self):
        return [
            record
            for _, _, request in self.requests
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def wait_for(self, condition):
        with self._got:
            assert self._got.wait_for(condition, timeout=60)


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.may_answer.set()
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture
def to_collector(monkeypatch):
    """Configure logging for a collector; it is closed in the end."""
    opened = []
    monkeypatch.setattr(log_collector.atexit, "register", opened.append)
    monkeypatch.setattr(log_collector, "SEND_EVERY_S", 0.05)

    def configure(url, **options):
        settings = ProcessSettings(
            log_destinations=("stdout", "otlp"), log_format="json", otlp_endpoint=url, instance="api-1", **options
        )
        configure_logging(settings, "fluxo-chassis")
        return structlog.get_logger("somewhere")

    yield configure
    for close in opened:
        close()


def told(attributes):
    return {each.key: each.value.string_value or each.value.int_value for each in attributes}


def test_a_line_arrives_as_a_record_of_its_trace(collector, to_collector, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collector-token")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.cluster.name=south")
    log = to_collector(f"{collector.url}/")
    with tracing.continue_trace(TRACEPARENT) as context:
        log.warning("a shelf is empty", shelf=7)
    collector.wait_for(collector.records)
    path, headers, request = collector.requests[0]
    assert path == "/v1/logs"
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == "Bearer collector-token"
    assert (
        told(request.resource_logs[0].resource.attributes).items()
        >= {
            "service.name": "fluxo-chassis",
            "service.version": version("fluxo-chassis"),
            "service.instance.id": "api-1",
            "deployment.environment.name": "development",
            "k8s.cluster.name": "south",
        }.items()
    )
    (record,) = collector.records()
    assert record.trace_id.hex() == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert record.span_id.hex() == context.span_id
    assert (record.body.string_value, record.severity_text, record.severity_number) == (
        "a shelf is empty",
        "warning",
        13,
    )
    assert told(record.attributes) == {
        "log.logger": "somewhere",
        "fluxo.shelf": 7,
        "http.request.id": context.request_id,
    }
    assert record.time_unix_nano // 1_000_000_000 in range(1_700_000_000, 5_000_000_000)


@pytest.mark.anyio
async def test_the_line_of_a_request_arrives_too(collector, to_collector, capfdbinary):
    to_collector(collector.url)
    account = RequestLog()
    context = tracing.start_trace(TRACEPARENT)
    account.note(Kind("GET", "/v1/days", 200), "t-1", 0.002, context)
    account.settle()
    await asyncio.to_thread(collector.wait_for, collector.records)
    (record,) = collector.records()
    on_stdout = orjson.loads(capfdbinary.readouterr().out)
    assert record.span_id.hex() == context.span_id == on_stdout["span.id"]
    assert told(record.attributes)["http.route"] == "/v1/days"
    assert told(record.attributes)["event.duration"] == 2_000_000
    assert record.time_unix_nano // 1_000 % 1_000_000 == int(on_stdout["@timestamp"][-7:-1])


def test_a_collector_that_hangs_costs_lines_and_no_time(collector, to_collector, monkeypatch, capfd):
    monkeypatch.setattr(log_collector, "WAITING_LINES_MAX", 100)
    monkeypatch.setattr(log_collector, "CLOSE_WITHIN_S", 0.1)
    collector.may_answer.clear()
    log = to_collector(collector.url)
    log.info("the first one")
    collector.wait_for(lambda: collector.requests)
    before = dropped("otlp")
    for number in range(150):
        log.info("line %d", number)
    assert dropped("otlp") == before + 50
    assert len(capfd.readouterr().out.splitlines()) == 151
    collector.may_answer.set()
    collector.wait_for(lambda: len(collector.records()) == 101)


def test_lines_that_a_collector_refuses_are_counted_and_not_told_to_it_again(collector, to_collector):
    collector.status = 400
    log = to_collector(collector.url)
    before = dropped("otlp")
    log.info("refused")
    collector.wait_for(collector.records)
    # The exporter's own complaint of it is no line for the collector.
    while dropped("otlp") == before:
        time.sleep(0.01)
    collector.status = 200
    log.info("taken")
    collector.wait_for(lambda: len(collector.records()) == 2)
    assert [record.body.string_value for record in collector.records()] == ["refused", "taken"]
    assert dropped("otlp") == before + 1


def test_what_is_waiting_at_the_end_is_sent(collector, to_collector, monkeypatch):
    monkeypatch.setattr(log_collector, "SEND_EVERY_S", 60)
    closing = []
    monkeypatch.setattr(log_collector.atexit, "register", closing.append)
    to_collector(collector.url).info("the last words")
    closing[0]()
    assert [record.body.string_value for record in collector.records()] == ["the last words"]


def test_nothing_of_it_is_imported_where_it_is_off():
    import subprocess  # noqa: PLC0415 - here only

    program = (
        "import sys; from fluxo_chassis.settings import ProcessSettings;"
        "from fluxo_chassis.observability.logs import configure_logging;"
        "configure_logging(ProcessSettings(), 's');"
        "sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
