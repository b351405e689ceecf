"""A short way for good requests, beside the framework's machinery, which costs a write more than all the rest.

A `DirectRoute` is declared and documented like any other. What the framework finds out anew for each request (which
dependencies there are, which scopes they use, how the body is read) is found out once, when it is declared. A request
that turns out to be bad, before its endpoint was called, goes the framework's way after all and gets its answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fluxo_chassis.problems import Problem

Solve = Callable[[Request], Awaitable[dict[str, Any]]]

_NOT_TAKEN: Final = (
    "path_params", "query_params", "header_params", "cookie_params", "websocket_param_name",
    "http_connection_param_name", "response_param_name", "background_tasks_param_name", "security_scopes_param_name",
)  # fmt: skip


class DirectRoute(APIRoute):
    """A route of one fixed path whose asynchronous endpoint takes dependencies and at most one JSON body.

    Dependencies take the request or other dependencies; they may raise a `Problem`. The endpoint returns a `Response`.

    Raises:
        TypeError: the endpoint asks for more than that.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._solve = _solver(self.dependant)
        fields = self.dependant.body_params
        if "{" in path or len(fields) > 1:
            raise TypeError(f"{path}: a direct route has a fixed path and at most one body.")
        self._body_name = fields[0].name if fields else None
        model: Any = fields[0].field_info.annotation if fields else None
        self._validate_json = TypeAdapter(model).validate_json if fields else None

    async def answer(self, request: Request, body: bytes) -> Response | None:
        """Return the endpoint's response, None when the request is not good: then nothing was done."""
        try:
            arguments = await self._solve(request)
            if self._validate_json is not None and self._body_name is not None:
                arguments[self._body_name] = self._validate_json(body)
        except (Problem, ValidationError):
            return None
        response: Response = await self.endpoint(**arguments)
        return response


class DirectRoutes:
    """Answers good requests to an application's direct routes, and passes everything else on to `framework`."""

    def __init__(self, app: FastAPI, framework: ASGIApp) -> None:
        self._app = app
        self._framework = framework
        self._routes: Mapping[tuple[str, str], DirectRoute] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._routes is None:
            self._routes = _direct_routes(self._app)
        route = self._routes.get((scope["method"], scope["path"]))
        if route is None:
            await self._framework(scope, receive, send)
            return
        # As the framework does, for the dependencies and for the log line.
        scope["app"], scope["route"] = self._app, route
        request = Request(scope, receive)
        body = b""
        try:
            body = await _read(receive)
            response = await route.answer(request, body)
        except Exception as error:
            handler = self._handler(error)
            if handler is None:
                raise
            response = await handler(request, error)
        if response is None:
            await self._framework(scope, _again(body, receive), send)
        else:
            await response(scope, receive, send)

    def _handler(self, error: Exception) -> Any:
        handlers = self._app.exception_handlers
        return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)


def _solver(dependant: Dependant) -> Solve:
    """Return what calls the dependencies of an endpoint or of a dependency: their results by parameter."""
    if taken := [name for name in _NOT_TAKEN if getattr(dependant, name)]:
        raise TypeError(f"A direct route takes no {', '.join(taken)}.")
    parts = [(part.name or "", part.call, _solver(part)) for part in dependant.dependencies]
    request_name = dependant.request_param_name

    async def solve(request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {} if request_name is None else {request_name: request}
        for name, call, solve_part in parts:
            arguments[name] = await call(**await solve_part(request))  # type: ignore[misc]
        return arguments

    return solve


def _direct_routes(app: FastAPI) -> dict[tuple[str, str], DirectRoute]:
    return {
        (method, context.path or ""): context.original_route
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, DirectRoute)
        for method in context.methods or ()
    }


async def _read(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives the body, which was read, once more."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
