"""The way of every request to a service's own routes, past the framework's machinery, which costs more than they do.

A `DirectRoute` is declared and documented like any other. What the framework finds out anew for each request (which
dependencies there are, which scopes they use, where the parameters are, how the body is read) is found out once, when
it is declared. The framework itself answers what has no such route: its pages, and methods that an address lacks.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.convertors import StringConvertor
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from fluxo_chassis.http.given_once import REPEATED, repeated
from fluxo_chassis.http.json_in_turns import ITEMS_MAX, BodyTooLargeError, Pause, TooManyItemsError, parse_in_turns
from fluxo_chassis.http.problem_answers import known_problem
from fluxo_chassis.http.validation import FIELDS_MAX, invalid_request, pointer, too_many_fields, validation_problem
from fluxo_chassis.problems import FieldError
from fluxo_chassis.resilience import Bulkhead, current_tenant

Solve = Callable[[Request], Awaitable[dict[str, Any]]]

_PARAMETERS: Final = ("path_params", "query_params")
_NOT_TAKEN: Final = (
    "header_params", "cookie_params", "websocket_param_name", "http_connection_param_name", "response_param_name",
    "background_tasks_param_name", "security_scopes_param_name",
)  # fmt: skip
_NO_BODY: Final[dict[str, Any]] = {"type": "missing", "loc": ("body",)}


class DirectRoute(APIRoute):
    """A route whose asynchronous endpoint takes dependencies, parameters of the path, one model of the query, one body.

    The path's parameters are plain (`{date}`, not `{number:int}`), and no other route's path fits it too. Dependencies
    take the request or other dependencies; they may raise a `Problem`. The endpoint returns a `Response`.

    Raises:
        TypeError: the endpoint asks for more than that.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._solve = _solver(self.dependant, takes_parameters=True)
        bodies = self.dependant.body_params
        if len(bodies) > 1 or not all(isinstance(each, StringConvertor) for each in self.param_convertors.values()):
            raise TypeError(f"{path}: a direct route has at most one body, and plain parameters.")
        self._body = bodies[0] if bodies else None
        self._in_path = self.dependant.path_params
        self._query = _model_of_query(path, self.dependant)

    async def answer(self, request: Request, path_params: Mapping[str, str]) -> Response:
        """Return the endpoint's response.

        Raises:
            BulkheadFull: the path's requests take turns, and this one's did not come.
            Problem: what a dependency raised; the body is not JSON, or too large; or 422 for all that is wrong with the
                parameters.
        """
        # First of all: of who may not call nothing is read but the head, nor of who has to wait.
        arguments = await self._solve(request)
        turns: Bulkhead | None = request.app.state.turns.get(self.path)
        if turns is None:
            return await self._answer(request, path_params, arguments)
        async with turns.slot(current_tenant.get()):
            return await self._answer(request, path_params, arguments)

    async def _answer(self, request: Request, path_params: Mapping[str, str], arguments: dict[str, Any]) -> Response:
        errors = list[dict[str, Any]]()
        content = None if self._body is None else await _read(request.receive)
        value = await _json_of(content, request.app.state.pause) if content else None
        for field in self._in_path:
            errors += _take(field, path_params[field.alias], ("path", field.alias), arguments)
        if self._query is not None:
            query = request.query_params.multi_items() if request.scope["query_string"] else []
            errors += _take(self._query, dict(query), ("query",), arguments)
            errors += [
                {"type": "repeated", "loc": ("query", name), "msg": str(REPEATED)}
                for name in repeated(name for name, _ in query)
            ]
        if self._body is not None:
            errors += _take(self._body, value, ("body",), arguments) if content else [_NO_BODY]
        if errors:
            raise validation_problem(errors)
        del content, value  # Megabytes, perhaps, that need not wait for the answer.
        response: Response = await self.endpoint(**arguments)
        return response


def add_routes(app: FastAPI, routes: APIRouter) -> None:
    """Add the routes as they were declared: to include the router would make each of them once more."""
    app.router.routes += routes.routes


class DirectRoutes:
    """Answers requests to an application's direct routes, and passes everything else on to `framework`."""

    def __init__(self, app: FastAPI, framework: ASGIApp) -> None:
        self._app = app
        self._framework = framework
        self._routes: _Routes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._routes is None:
            self._routes = _Routes(self._app)
        found = self._routes.find(scope["method"], scope["path"])
        if found is None:
            await self._framework(scope, receive, send)
            return
        route, path_params = found
        # As the framework does, for the dependencies and for the log line.
        scope["app"], scope["route"] = self._app, route
        try:
            response = await route.answer(Request(scope, receive), path_params)
        except Exception as error:
            handler = self._handler(error)
            if handler is None:
                raise
            response = await handler(Request(scope), error)
        await response(scope, receive, send)

    def _handler(self, error: Exception) -> Any:
        handlers = self._app.exception_handlers
        return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)


class _Routes:
    """An application's direct routes, by method and path."""

    def __init__(self, app: FastAPI) -> None:
        self._fixed: dict[tuple[str, str], DirectRoute] = {}
        self._patterns: list[tuple[str, re.Pattern[str], DirectRoute]] = []
        for route in app.routes:
            if isinstance(route, DirectRoute):
                for method in route.methods or ():
                    if "{" in route.path:
                        self._patterns.append((method, route.path_regex, route))
                    else:
                        self._fixed[method, route.path] = route

    def find(self, method: str, path: str) -> tuple[DirectRoute, Mapping[str, str]] | None:
        """Return the route, and the parameters that stand in the path."""
        if (fixed := self._fixed.get((method, path))) is not None:
            return fixed, {}
        for its_method, pattern, route in self._patterns:
            if its_method == method and (match := pattern.match(path)):
                return route, match.groupdict()
        return None


def _model_of_query(path: str, dependant: Dependant) -> ModelField | None:
    fields = dependant.query_params
    if not fields:
        return None
    model = fields[0].field_info.annotation
    if len(fields) > 1 or not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"{path}: a direct route has one model for its whole query, if any.")
    return fields[0]


def _take(field: ModelField, value: object, place: tuple[str, ...], arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Add what the field makes of the value, and return all that is wrong with it."""
    arguments[field.name], errors = field.validate(value, loc=place)
    return errors


def _solver(dependant: Dependant, *, takes_parameters: bool = False) -> Solve:
    """Return what calls the dependencies of an endpoint or of a dependency: their results by parameter."""
    not_taken: Sequence[str] = _NOT_TAKEN if takes_parameters else (*_PARAMETERS, *_NOT_TAKEN)
    if taken := [name for name in not_taken if getattr(dependant, name)]:
        raise TypeError(f"A direct route takes no {', '.join(taken)}.")
    if any(part.name is None for part in dependant.dependencies):
        raise TypeError("A direct route takes no dependencies but those that are parameters.")
    parts = [(part.name or "", part.call, _solver(part)) for part in dependant.dependencies]
    request_name = dependant.request_param_name

    async def solve(request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {} if request_name is None else {request_name: request}
        for name, call, solve_part in parts:
            arguments[name] = await call(**await solve_part(request))  # type: ignore[misc]
        return arguments

    return solve


async def _read(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _json_of(content: bytes, pause: Pause) -> Any:
    try:
        value = await parse_in_turns(content, pause)
    except (ValueError, RecursionError):
        raise known_problem(400) from None
    except BodyTooLargeError:
        raise known_problem(413) from None
    except TooManyItemsError as error:
        sentence = f"This must have at most {ITEMS_MAX} items."
        raise invalid_request([FieldError(pointer(("body", error.name)), sentence)]) from None
    if isinstance(value, dict) and len(value) > FIELDS_MAX:
        raise too_many_fields()
    return value
