"""The generated OpenAPI document, with problem details where FastAPI would show its own errors."""

from functools import cache
from typing import Any, Final

import orjson
from fastapi import FastAPI, Response

from fluxo_chassis.problems import ProblemBody, problem_response

PATH: Final = "/openapi.json"

_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")


def install_openapi(app: FastAPI) -> None:
    """Serve it: every operation documents its validation errors, and any other error, as problem details.

    It is rendered once. The framework does it for each who asks, which takes as long as ten other requests.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _document_problems(generate())
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]
    app.openapi_url = PATH
    rendered = cache(lambda: orjson.dumps(openapi()))

    @app.get(PATH, include_in_schema=False)
    async def document() -> Response:
        return Response(rendered(), media_type="application/json")


def _document_problems(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FASTAPI_ERRORS:
        schemas.pop(name, None)
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemBody"] = problem
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            responses = operation["responses"]
            if "HTTPValidationError" in str(responses.get("422")):
                responses["422"] = problem_response("Invalid request")
            responses.setdefault("default", problem_response("Any other error"))
