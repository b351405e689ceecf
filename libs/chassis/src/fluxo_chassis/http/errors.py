"""Every error that FastAPI raises leaves as problem details."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fluxo_chassis.http.problem_answers import known_problem, problem_answer
from fluxo_chassis.http.validation import validation_problem
from fluxo_chassis.problems import Problem


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


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
