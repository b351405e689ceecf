import gc
import re

import pytest
from fluxo_chassis.http.middleware import _Answer
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

pytestmark = pytest.mark.anyio

WRITER = {"Authorization": "Bearer owner:notes:write,notes:read"}


async def test_a_client_that_leaves_is_no_error_of_ours(roomy_service):
    async def gone():
        return {"type": "http.disconnect"}

    async def send(_message):
        pytest.fail("nobody is there to be answered")

    head = [(b"host", b"t"), (b"content-length", b"9"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/bulk",
        "query_string": b"",
        "headers": head,
        "root_path": "",
    }
    with capture_logs() as lines:
        await roomy_service(scope, gone, send)
        roomy_service.state.account.settle()
    assert [line["http.response.status_code"] for line in lines] == [499]


async def test_an_answered_request_is_gone_without_a_search_for_cycles(client):
    def answers():
        return [each for each in gc.get_objects() if isinstance(each, _Answer)]

    gc.disable()  # which is dear in a process of many requests
    try:
        earlier = answers()  # of other tests, some of them broken off
        await client.get("/v1/trace")
        assert [each for each in answers() if each not in earlier] == []
    finally:
        gc.enable()


async def test_probes_may_ask_for_the_head_only(client):
    assert (await client.head("/health/ready")).status_code == 200


async def test_a_trace_and_a_request_id_are_honoured(client):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01", "X-Request-Id": "order-7/a"}
    answer = await client.get("/v1/trace", headers=headers)
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "order-7/a"
    assert answer.json()["traceparent"].startswith(f"00-{trace_id}-")
    assert answer.headers["x-content-type-options"] == "nosniff"
    missing = await client.get("/v1/nothing", headers=headers)
    assert missing.json()["trace_id"] == trace_id
    assert missing.headers["x-request-id"] == "order-7/a"


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "a\\b", "é", "<b>\t"])
async def test_an_unsafe_request_id_is_replaced(client, given):
    answer = await client.get("/v1/trace", headers={"X-Request-Id": given.encode()})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("given", "status", "pointers"),
    [
        ([("Authorization", WRITER["Authorization"])] * 2, 400, ["Authorization"]),
        ([("Authorization", WRITER["Authorization"]), ("authorization", "Bearer owner:")], 400, ["Authorization"]),
        ([("Content-Type", "application/json"), ("Content-Type", "text/plain")], 422, ["Content-Type"]),
        ([("Content-Type", "text/plain"), ("authorization", "")] * 2, 400, ["Authorization", "Content-Type"]),
    ],
)
async def test_a_header_of_one_value_given_twice_is_refused_by_its_name(client, given, status, pointers):
    answer = await client.post("/v1/notes", content=b'{"text": "mine"}', headers=given)
    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


@pytest.mark.parametrize(
    "given", [["gzip"], ["GZip"], ["br"], ["identity, gzip"], ["identity", "gzip"], ["deflate", "gzip"]]
)
async def test_a_body_is_taken_as_it_is_and_not_compressed(client, given):
    headers = [*WRITER.items(), *(("Content-Encoding", each) for each in given)]
    answer = await client.post("/v1/notes", json={"text": "mine"}, headers=headers)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert answer.json()["detail"] == "Send the body as it is, without a Content-Encoding."
    assert (await client.get("/v1/trace", headers=headers)).status_code == 200
    answer = await client.post("/v1/notes", json={"text": "mine"}, headers=WRITER | {"Content-Encoding": "identity"})
    assert answer.status_code == 201


async def test_headers_that_may_come_twice_are_welcome(client):
    given = [*WRITER.items(), ("Accept", "a/b"), ("Accept", "*/*"), ("Via", "1.1 a"), ("Via", "1.1 b")]
    assert (await client.post("/v1/notes", json={"text": "mine"}, headers=given)).status_code == 201


async def test_of_two_traces_and_two_request_ids_none_is_taken(client):
    traces = [f"00-{digit * 32}-00f067aa0ba902b7-01" for digit in "ab"]
    given = [("traceparent", trace) for trace in traces] + [("X-Request-Id", "one"), ("X-Request-Id", "two")]
    answer = await client.get("/v1/trace", headers=given)
    assert answer.headers["x-request-id"] not in {"one", "two"}
    assert answer.json()["traceparent"][3:35] not in {"a" * 32, "b" * 32}


async def test_a_request_is_one_line_without_bodies_tokens_or_plain_tenants(client):
    with capture_logs() as lines:
        await client.post("/v1/notes?x=hidden", json={"text": "mine"}, headers=WRITER)
        await client.get("/v1/notes/17")
        await client.get("/health/live")
        await client.get("/metrics")
    first, second, probe = [line for line in lines if line["event"] == "request"][:3]
    assert (first["event"], first["http.route"], first["http.response.status_code"]) == ("request", "/v1/notes", 201)
    assert (second["http.route"], second["http.response.status_code"]) == ("/v1/notes/{number}", 404)
    assert first["event.duration"] > 0
    assert len(first["organization.id"]) == 12
    assert not {"mine", "hidden", "t-1"} & set(" ".join(map(str, first.values())).split())
    assert probe["log_level"] == "debug"


async def test_metrics_know_routes_and_not_paths(client):
    def count(**labels):
        return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0

    known = {"method": "GET", "route": "/v1/notes/{number}", "status": "404"}
    unknown = {"method": "other", "route": "other", "status": "404"}
    before = count(**known), count(**unknown)
    await client.get("/v1/notes/1")
    await client.get("/v1/notes/2")
    await client.request("BREW", "/coffee/17")
    assert "/coffee/17" not in (await client.get("/metrics")).text
    assert (count(**known), count(**unknown)) == (before[0] + 2, before[1] + 1)


async def test_the_document_describes_problems_and_the_scope_of_each_route(client):
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/v1/notes"]["post"]
    assert operation["security"] == [{"bearer": ["notes:write"]}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for status in ("401", "403", "422", "default"):
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in str(document)
    assert set(document["components"]["schemas"]["ProblemBody"]["required"]) >= {"type", "title", "status", "trace_id"}
    assert "/health" not in document["paths"]


async def test_the_page_about_the_service_needs_nothing_from_elsewhere(client):
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "url: '/openapi.json'" in page.text
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert linked == ["/docs/swagger-ui.css", "/docs/favicon.png", "/docs/swagger-ui-bundle.js"]
    assert "//" not in "".join(linked)
    answers = [await client.get(link) for link in linked]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers["content-type"].partition(";")[0] for answer in answers] == [
        "text/css",
        "image/png",
        "text/javascript",
    ]
    assert (await client.get("/docs/../pyproject.toml")).status_code == 404
    assert (await client.get("/docs/redoc.standalone.js")).status_code == 404
