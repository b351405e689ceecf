"""One trace from the client's request to the balance: in the logs of both services, and at a collector."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT_SPAN = "00f067aa0ba902b7"


class Collector(ThreadingHTTPServer):
    """Takes spans over OTLP/HTTP, as any collector does; `spans` are (service, span)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[tuple[str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def of_trace(self, trace_id: str) -> dict[str, tuple[str, object]]:
        """By name: the service that sent the span, and the span."""
        return {span.name: (service, span) for service, span in self.spans if span.trace_id.hex() == trace_id}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for of_process in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = {each.key: each.value.string_value for each in of_process.resource.attributes}
            for scope in of_process.scope_spans:
                self.server.spans += [(attributes["service.name"], span) for span in scope.spans]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def collecting() -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()


def test_one_trace_shows_both_services_and_a_collector_that_is_gone_costs_nobody_an_answer(own_system):
    with collecting() as collector:
        one_trace_shows_both_services(own_system, collector)
    merchant = own_system.merchant()
    entry = merchant.record("credit", "10.00")
    assert merchant.day(entry["business_date"], after=entry["id"])["closing_balance"] == "10.00"
    assert own_system.stop() == 0


def one_trace_shows_both_services(own_system, collector):
    own_system.settings["FLUXO_OTLP_ENDPOINT"] = collector.url
    own_system.start()
    merchant = own_system.merchant()
    answer = merchant.http.post(
        f"{own_system.entries_url}/v1/entries",
        json={"direction": "credit", "amount": "10.00", "description": "Venda"},
        headers={"Idempotency-Key": "one", "traceparent": f"00-{TRACE_ID}-{CLIENT_SPAN}-01"},
    )
    assert answer.status_code == 201
    assert merchant.day(answer.json()["business_date"], after=answer.json()["id"])["closing_balance"] == "10.00"

    names = {
        "POST /v1/entries": ("fluxo-entries", None),
        "append entry": ("fluxo-entries", "POST /v1/entries"),
        "publish fluxo.entries": ("fluxo-entries", "POST /v1/entries"),
        "project fluxo.entries": ("fluxo-balances", "POST /v1/entries"),
        "remove cached answers": ("fluxo-balances", "project fluxo.entries"),
    }
    own_system.until(lambda: collector.of_trace(TRACE_ID).keys() == names.keys())

    found = collector.of_trace(TRACE_ID)
    for name, (service, parent) in names.items():
        sent_by, span = found[name]
        assert sent_by == service, name
        assert span.parent_span_id.hex() == (CLIENT_SPAN if parent is None else found[parent][1].span_id.hex()), name
        assert span.start_time_unix_nano <= span.end_time_unix_nano, name
    began = [found[name][1].start_time_unix_nano for name in names]
    assert began == sorted(began), "each step begins after the one before it"
    batches = {link.span_id for _, span in found.values() for link in span.links}
    assert batches == {
        span.span_id for _, span in collector.spans if "(batch)" in span.name and TRACE_ID in linked(span)
    }

    services = {line["service.name"] for line in log_lines(own_system) if line.get("trace.id") == TRACE_ID}
    assert services == {"fluxo-entries", "fluxo-balances"}


def linked(span: object) -> list[str]:
    return [link.trace_id.hex() for link in span.links]


def log_lines(system: object) -> Iterator[dict]:
    for file in (system.data_dir / "logs").glob("*-*-*.log"):
        for line in file.read_text().splitlines():
            if line.startswith("{"):
                yield json.loads(line)
