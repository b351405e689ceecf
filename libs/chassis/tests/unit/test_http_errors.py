import asyncpg
import fluxo_chassis.postgres
import fluxo_chassis.redis  # noqa: F401 - both say which of their errors mean an outage
import httpx2
import pytest
from fluxo_chassis.redis import RedisUnavailableError
from fluxo_chassis.resilience import BulkheadFull, CircuitOpen, TenantOverShare
from structlog.testing import capture_logs

pytestmark = pytest.mark.anyio

WRITER = {"Authorization": "Bearer owner:notes:write,notes:read"}
JSON = {"Content-Type": "application/json"}
AWAY = {
    "refused": ConnectionRefusedError(111, "postgresql://secret"),
    "timeout": TimeoutError(),
    "cut": asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    "closed": asyncpg.InterfaceError("connection is closed"),
    "shutdown": asyncpg.AdminShutdownError("secret"),
    "cancelled": asyncpg.QueryCanceledError("secret"),
    "circuit": CircuitOpen("cache"),
    "redis": RedisUnavailableError("secret"),
}
MISTAKES = {"mistake": asyncpg.UndefinedTableError("secret"), "bug": RuntimeError("secret")}


async def test_every_bad_field_is_named_at_once_without_its_value(client, is_problem):
    answer = await client.post("/v1/notes", json={"text": "secret-text", "tags": [1], "more": 1}, headers=WRITER)
    pointers = [error["pointer"] for error in is_problem(answer, 422, "validation")["errors"]]
    assert sorted(pointers) == ["/more", "/tags/0", "/text"]


async def test_a_bad_query_or_path_says_which(client, is_problem):
    answer = await client.get("/v1/notes?limit=x", headers=WRITER)
    assert is_problem(answer, 422, "validation")["errors"] == [
        {"pointer": "?limit", "detail": "This must be an integer."}
    ]
    answer = await client.get("/v1/notes/x")
    assert is_problem(answer, 422, "validation")["errors"][0]["pointer"] == "{number}"


@pytest.mark.parametrize("body", [b"{", b'{"text": "\xff"}', b"\xff\xfe", b"[" * 190, b'{"text": "a"} x', b'"\x00"'])
async def test_what_is_not_json_in_utf8_is_malformed(client, body, is_problem):
    is_problem(await client.post("/v1/notes", content=body, headers=WRITER | JSON), 400, "malformed-json")


@pytest.mark.parametrize(
    "body", [b'{"text": "\\ud800"}', b'{"text": NaN}', b'{"text": 1e999}', b"null", b"[]", b'"x"', b"", b"1" * 150]
)
async def test_json_of_another_form_is_invalid(client, body, is_problem):
    is_problem(await client.post("/v1/notes", content=body, headers=WRITER | JSON), 422, "validation")


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 12_000, b'{"text":' + b"[" * 30_000 + b"]" * 30_000 + b"}"])
async def test_json_of_any_depth_is_refused_without_a_fall(roomy_service, body, is_problem):
    transport = httpx2.ASGITransport(roomy_service)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        is_problem(await client.post("/v1/notes", content=body, headers=WRITER | JSON), 400, "malformed-json")


async def test_another_content_type_is_not_taken(client, is_problem):
    for content_type in ("text/plain", "application/xml", "application/jsonp", "multipart/form-data; boundary=x"):
        headers = WRITER | {"Content-Type": content_type}
        is_problem(await client.post("/v1/notes", content=b"x", headers=headers), 415, "unsupported-media-type")
    is_problem(await client.post("/v1/notes", content=b"x", headers=WRITER), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON"]
)
async def test_json_goes_by_more_names(client, content_type):
    headers = WRITER | {"Content-Type": content_type}
    assert (await client.post("/v1/notes", content=b'{"text": "a"}', headers=headers)).status_code == 201


async def test_a_body_over_the_limit_is_refused_and_a_path_may_have_its_own(client, is_problem):
    is_problem(await client.post("/v1/notes", json={"text": "x" * 200}, headers=WRITER), 413, "body-too-large")
    assert (await client.post("/v1/bulk", json=["x" * 1000])).status_code == 200
    is_problem(await client.post("/v1/bulk", json=["x" * 2000]), 413, "body-too-large")


async def test_a_body_that_tells_no_length_is_counted_as_it_comes(client, is_problem):
    async def chunks():
        for _ in range(30):
            yield b'"' + b"x" * 100

    for path in ("/v1/bulk", "/v1/notes"):
        is_problem(await client.post(path, content=chunks(), headers=WRITER | JSON), 413, "body-too-large")


async def test_an_endless_head_is_refused(client, is_problem):
    is_problem(await client.get("/v1/trace", headers={"X-Long": "x" * 40_000}), 431, "headers-too-large")
    is_problem(await client.get("/v1/trace?" + "x" * 40_000), 431, "headers-too-large")


async def test_unknown_addresses_and_methods_are_problems_too(client, is_problem):
    is_problem(await client.get("/v1/nothing"), 404, "not-found")
    is_problem(await client.get("/v1/notes/"), 404, "not-found")
    answer = await client.delete("/v1/notes")
    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("kind", AWAY)
async def test_a_dependency_that_is_unavailable_means_come_back_later(client, errors, kind, is_problem):
    errors.update(AWAY)
    answer = await client.get(f"/v1/errors/{kind}")
    is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_who_is_refused_is_told_whether_its_own_crowd_is_why(client, errors, is_problem):
    errors.update(full=BulkheadFull("reads"), own=TenantOverShare("reads"))
    for kind, status, slug in (("full", 503, "overloaded"), ("own", 429, "rate-limited")):
        answer = await client.get(f"/v1/errors/{kind}")
        is_problem(answer, status, slug)
        assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("kind", MISTAKES)
async def test_a_mistake_of_ours_shows_nothing_and_is_logged_whole(client, errors, kind, is_problem):
    errors.update(MISTAKES)
    with capture_logs() as lines:
        is_problem(await client.get(f"/v1/errors/{kind}"), 500, "internal-error")
    assert lines[0]["exc_info"] is errors[kind]


async def test_without_a_token_the_answer_says_what_is_wanted(client, is_problem):
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}):
        answer = await client.get("/v1/notes?limit=1", headers=headers)
        is_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_without_the_scope_is_not_enough(client, is_problem):
    answer = await client.post("/v1/notes", json={"text": "a"}, headers={"Authorization": "Bearer owner:notes:read"})
    is_problem(answer, 403, "forbidden")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="notes:write"'


async def test_an_accountant_reads_and_never_writes(client, is_problem):
    accountant = {"Authorization": "bearer accountant:notes:write,notes:read"}
    assert (await client.get("/v1/notes?limit=1", headers=accountant)).json() == {"tenant": "t-1"}
    is_problem(await client.post("/v1/notes", json={"text": "a"}, headers=accountant), 403, "forbidden")
