"""Every error leaves as problem details; nothing of an exception but its kind is ever shown."""

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fluxo_chassis.http.validation import validation_problem
from fluxo_chassis.observability.traces.tracing import current_trace_id
from fluxo_chassis.problems import PROBLEM_MEDIA_TYPE, Problem

log = structlog.get_logger(__name__)

_KNOWN = {
    400: ("malformed-json", "Malformed JSON", "The body is not valid JSON in UTF-8."),
    404: ("not-found", "Not found", "There is nothing at this address."),
    405: ("method-not-allowed", "Method not allowed", "This address does not answer that method."),
    413: ("body-too-large", "Body too large", "The body is larger than this address takes."),
    431: ("headers-too-large", "Headers too large", "The address and the headers of the request are too long."),
    415: ("unsupported-media-type", "Unsupported media type", "Send the body as application/json."),
}


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def known_problem(status: int, headers: dict[str, str] | None = None) -> Problem:
    slug, title, detail = _KNOWN.get(status, (f"http-{status}", "Error", "The request cannot be answered."))
    return Problem(status, slug, title, detail, headers=headers)


def problem_answer(problem: Problem) -> Response:
    # Its kind only: what it says in detail may repeat what was sent.
    log.debug("answered with a problem", problem=problem.slug)
    content = orjson.dumps(problem.body(current_trace_id()))
    return Response(content, problem.status, problem.headers, PROBLEM_MEDIA_TYPE)


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return problem_answer(error)


async def _on_validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    errors = error.errors()
    if any(each["type"] == "json_invalid" for each in errors):
        return problem_answer(known_problem(400))
    return problem_answer(validation_problem(errors))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    headers = dict(error.headers or {})
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return problem_answer(known_problem(error.status_code, headers))


def _methods_at(request: Request) -> set[str]:
    """Every method of the address; the framework knows only those of the first route that fits."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.scope["path"]):
            methods |= route.methods or set()
    return methods
