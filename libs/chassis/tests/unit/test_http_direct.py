"""A direct route answers as the framework would: the same small service is asked both ways."""

import functools
from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.bearer import refused
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import create_app
from fluxo_chassis.http.fast.direct import DirectRoute, add_routes
from fluxo_chassis.problems import Problem
from pydantic import BaseModel, ConfigDict, Field

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]

WRITER = {"Authorization": "Bearer owner:notes:write", "X-Colour": "red", "X-Request-Id": "one"}
JSON = {"Content-Type": "application/json"}
READER = {"Authorization": "Bearer owner:notes:read"}
TRACE = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


class FixedVerifier:
    async def verify(self, token):
        role, _, scopes = token.partition(":")
        return Principal("t-1", "ana", frozenset(scopes.split(",")), role)


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=5)


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid")
    first: int = Field(1, alias="from", le=99)


async def colour(request: Request) -> str:
    if "x-colour" not in request.headers:
        raise Problem(400, "colourless", "No colour", "Send a colour.")
    return request.headers["x-colour"]


def service(route_class):
    """One service for each kind of route, with nothing written yet."""
    app = built(route_class)
    app.state.written.clear()
    return app


@functools.cache
def built(route_class):
    app = create_app(
        title="Notes", version="1", description="", health=Health(), verifier=FixedVerifier(), body_limit_bytes=200
    )
    routes = APIRouter(route_class=route_class)
    app.state.written = []

    @routes.post("/notes", status_code=201)
    async def write(
        principal: Annotated[Principal, Depends(requires("notes:write"))],
        ink: Annotated[str, Depends(colour)],
        note: Note,
    ) -> Response:
        app.state.written.append((principal.tenant, ink, note.text))
        if note.text == "full":
            raise Problem(503, "full", "Full", "The book is full.", headers={"Retry-After": "1"})
        if note.text == "crash":
            raise RuntimeError("secret")
        return Response(note.text, 201, {"Location": "/notes/1"})

    @routes.head("/notes/{number}/pages", include_in_schema=False)
    @routes.get("/notes/{number}/pages")
    async def pages(
        principal: Annotated[Principal, Depends(requires("notes:read"))],
        number: Annotated[int, Path(ge=1)],
        page: Annotated[Page, Query()],
    ) -> Response:
        return Response(f"{principal.tenant} {number} {page.first}")

    add_routes(app, routes)
    return app


async def asked(app, method="POST", path="/notes", **request):
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://notes") as client:
        return await client.request(method, path, **request)


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"text": "mine"}},
        {"json": {"text": "mine"}, "headers": {}},
        {"json": {"text": "mine"}, "headers": WRITER | {"Authorization": "Basic YTpi"}},
        {"json": {"text": "mine"}, "headers": WRITER | {"Authorization": "Bearer owner:notes:read"}},
        {"json": {"text": "mine"}, "headers": {"Authorization": WRITER["Authorization"]}},
        {"json": {"text": "too long"}},
        {"json": {"text": 1, "more": 2}},
        {"json": []},
        {"json": None},
        {"content": b"", "headers": WRITER | JSON},
        {"headers": WRITER},
        {"content": b'{"text": ', "headers": WRITER | JSON},
        {"content": b'{"text": "\xff"}', "headers": WRITER | JSON},
        {"content": rb'{"text": "\ud800"}', "headers": WRITER | JSON},
        {"content": b"[" * 190, "headers": WRITER | JSON},
        {"content": b'{"text": "a"}', "headers": WRITER | JSON | {"Content-Encoding": "gzip"}},
        {"content": b'{"text": ' + b"9" * 180 + b"}", "headers": WRITER | JSON},
        {"content": b'{"text": NaN, "more": 1e999}', "headers": WRITER | JSON},
        {"content": b"null", "headers": WRITER | JSON},
        {"content": b'{"text": "a"}', "headers": WRITER | {"Content-Type": "text/plain"}},
        {"json": {"text": "x" * 300}},
        {"json": {"text": "full"}},
        {"json": {"text": "crash"}},
        {"method": "GET"},
        {"method": "PUT", "json": {"text": "mine"}},
        {"path": "/notes/", "json": {"text": "mine"}},
        {"path": "/notes?x=1", "json": {"text": "mine"}},
    ],
)
async def test_every_request_is_answered_as_by_the_framework(request_):
    await assert_answered_alike({"headers": WRITER} | request_)


@pytest.mark.parametrize(
    "path",
    [
        "/notes/7/pages",
        "/notes/7/pages?",
        "/notes/7/pages?from=3",
        "/notes/7/pages?from=%33",
        "/notes/%37/pages",
        "/notes/0/pages",
        "/notes/seven/pages",
        "/notes//pages",
        "/notes/7%2F8/pages",
        "/notes/7/pages/",
        "/notes/7/pages?from=",
        "/notes/7/pages?from",
        "/notes/7/pages?from=100",
        "/notes/7/pages?first=3",
        "/notes/7/pages?from=3&more=1",
        "/notes/seven/pages?from=100",
    ],
)
@pytest.mark.parametrize(
    ("method", "headers"), [("GET", READER), ("HEAD", READER), ("GET", {}), ("GET", WRITER), ("POST", READER)]
)
async def test_parameters_of_path_and_query_are_read_as_by_the_framework(method, path, headers):
    await assert_answered_alike({"method": method, "path": path, "headers": headers})


async def assert_answered_alike(request_):
    request_["headers"] = request_["headers"] | TRACE
    both = service(DirectRoute), service(APIRoute)

    direct, ordinary = [await asked(app, **request_) for app in both]

    assert (direct.status_code, direct.content) == (ordinary.status_code, ordinary.content)
    assert [item for item in direct.headers.items() if item[0] != "x-request-id"] == [
        item for item in ordinary.headers.items() if item[0] != "x-request-id"
    ]
    assert both[0].state.written == both[1].state.written


@pytest.mark.parametrize(
    "content",
    [
        *('{"text": "a"}'.encode(encoding) for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32")),
        '{"text": "é"}'.encode("latin-1"),
        b'{"text": "\xed\xa0\x80"}',
    ],
)
async def test_a_body_is_in_utf_8_and_begins_with_nothing_else(content):
    app = service(DirectRoute)
    answer = await asked(app, headers=WRITER | JSON, content=content)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")
    assert app.state.written == []


@pytest.mark.parametrize(
    ("request_", "pointers"),
    [
        ({"content": b'{"text": "a", "text": "b"}'}, ["/text"]),
        ({"content": b'{"text": "a", "text": "a"}'}, ["/text"]),
        ({"content": rb'{"text": "a", "te\u0078t": "b"}'}, ["/text"]),
        ({"content": b'{"more": 1, "text": "a", "more": 1, "text": null}'}, ["/text", "/more"]),
        ({"content": rb'{"text": "\ud800", "text": "b"}'}, ["/text"]),
        ({"method": "GET", "path": "/notes/7/pages?from=3&from=4"}, ["?from"]),
        ({"method": "GET", "path": "/notes/7/pages?from=3&from=3"}, ["?from"]),
        ({"method": "GET", "path": "/notes/7/pages?from=3&fr%6Fm="}, ["?from", "?from"]),
        ({"method": "GET", "path": "/notes/0/pages?from=3&from=4&from=5"}, ["{number}", "?from"]),
    ],
)
async def test_what_is_given_more_than_once_is_refused_by_its_name(request_, pointers):
    app = service(DirectRoute)
    headers = READER if "method" in request_ else WRITER | JSON
    answer = await asked(app, headers=headers, **request_)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, pointers)
    assert "more than once" in answer.text
    assert app.state.written == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (JSON, 401),
        (JSON | {"Authorization": "Basic YTpi"}, 401),
        (JSON | READER, 403),
        (JSON | {"Authorization": WRITER["Authorization"]}, 400),
    ],
)
async def test_of_a_request_that_its_head_refuses_no_body_is_read(headers, status):
    async def never_sent():
        pytest.fail("the body was asked for")
        yield b""

    answer = await asked(service(DirectRoute), content=never_sent(), headers=headers)
    assert answer.status_code == status


async def test_a_token_that_is_refused_is_looked_at_once(monkeypatch):
    asked_for = []

    class Refusing:
        async def verify(self, token):
            asked_for.append(token)
            raise refused("The token is malformed.")

    app = service(DirectRoute)
    monkeypatch.setattr(app.state, "verifier", Refusing())
    answer = await asked(app, json={"text": "mine"}, headers=WRITER)
    assert (answer.status_code, len(asked_for)) == (401, 1)
    assert answer.headers["cache-control"] == "private, no-store"


async def test_of_many_wrong_names_not_all_are_named():
    app = create_app(title="Notes", version="1", description="", health=Health())
    routes = APIRouter(route_class=DirectRoute)

    @routes.post("/notes")
    async def write(note: Note) -> Response:
        return Response(note.text)

    @routes.get("/pages")
    async def pages(page: Annotated[Page, Query()]) -> Response:
        return Response(str(page.first))

    add_routes(app, routes)
    names = [f"name-{number}" for number in range(500)]
    answer = await asked(app, json=dict.fromkeys(names))
    assert answer.json()["errors"] == [{"pointer": "", "detail": "This has too many fields."}]
    answer = await asked(app, "GET", "/pages?" + "&".join(f"{name}=1" for name in names))
    assert len(answer.json()["errors"]) == 100
    assert answer.json()["detail"] == "500 fields are not valid: the first 100 are named, there are 400 more."


async def test_a_body_in_pieces_is_put_together_and_bounded_although_its_length_is_not_told():
    async def pieces(count):
        for piece in (b'{"text":', *[b" "] * count, b'"mine"}'):
            yield piece

    app = service(DirectRoute)
    assert (await asked(app, content=pieces(2), headers=WRITER | JSON)).status_code == 201
    assert (await asked(app, content=pieces(300), headers=WRITER | JSON)).status_code == 413
    assert app.state.written == [("t-1", "red", "mine")]


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/notes", {"json": {"text": "mine"}}),
        ("POST", "/notes", {"json": {"text": 1}}),
        ("POST", "/notes", {"json": {"text": "crash"}}),
        ("POST", "/notes", {"content": b"{", "headers": WRITER | JSON}),
        ("POST", "/notes", {"json": {"text": "mine"}, "headers": {}}),
        ("GET", "/notes/7/pages?from=3", {"headers": READER}),
        ("GET", "/notes/seven/pages?from=3&from=x", {"headers": READER}),
    ],
)
async def test_no_request_good_or_bad_enters_the_framework(monkeypatch, method, path, request_):
    app = service(DirectRoute)

    async def framework(*_):
        pytest.fail("it went the long way")

    monkeypatch.setattr(app, "middleware_stack", framework)
    answer = await asked(app, method, path, **{"headers": WRITER} | request_)
    assert answer.status_code in {200, 201, 400, 401, 422, 500}


async def test_what_the_endpoint_refuses_is_not_asked_for_twice():
    app = service(DirectRoute)
    await asked(app, json={"text": "full"}, headers=WRITER)
    assert len(app.state.written) == 1


def test_the_document_describes_it_like_any_other_route():
    assert service(DirectRoute).openapi() == service(APIRoute).openapi()


async def plain(number: int) -> Response:
    return Response(str(number))


async def two_models(first: Annotated[Page, Query()], number: int) -> Response:
    return Response(f"{first} {number}")


async def with_header(colour: Annotated[str, Header()]) -> Response:
    return Response(colour)


async def with_parameter_below(number: Annotated[int, Depends(plain)]) -> Response:
    return Response(str(number))


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/notes", plain),
        ("/notes", two_models),
        ("/notes", with_header),
        ("/notes", with_parameter_below),
        ("/notes/{number:int}", plain),
    ],
)
def test_an_endpoint_that_asks_for_more_is_refused_when_it_is_declared(path, endpoint):
    with pytest.raises(TypeError, match="direct route"):
        APIRouter(route_class=DirectRoute).get(path)(endpoint)


def test_a_dependency_that_is_no_parameter_is_refused_when_it_is_declared():
    async def no_more() -> Response:
        return Response()

    with pytest.raises(TypeError, match="direct route"):
        APIRouter(route_class=DirectRoute).get("/notes", dependencies=[Depends(colour)])(no_more)
