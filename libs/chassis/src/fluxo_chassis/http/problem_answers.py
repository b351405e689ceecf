"""Problem details as answers; nothing of an exception but its kind is ever shown."""

import orjson
import structlog
from starlette.responses import Response

from fluxo_chassis.observability.traces.tracing import current_trace_id
from fluxo_chassis.problems import PROBLEM_MEDIA_TYPE, Problem

log = structlog.get_logger(__name__)

_KNOWN = {
    400: ("malformed-json", "Malformed JSON", "The body is not valid JSON in UTF-8."),
    404: ("not-found", "Not found", "There is nothing at this address."),
    405: ("method-not-allowed", "Method not allowed", "This address does not answer that method."),
    408: ("request-timeout", "Request timeout", "The request did not arrive in time."),
    413: ("body-too-large", "Body too large", "The body is larger than this address takes."),
    431: ("headers-too-large", "Headers too large", "The address and the headers of the request are too long."),
    415: ("unsupported-media-type", "Unsupported media type", "Send the body as application/json."),
}


def known_problem(status: int, headers: dict[str, str] | None = None) -> Problem:
    slug, title, detail = _KNOWN.get(status, (f"http-{status}", "Error", "The request cannot be answered."))
    return Problem(status, slug, title, detail, headers=headers)


def problem_answer(problem: Problem) -> Response:
    # Its kind only: what it says in detail may repeat what was sent.
    log.debug("answered with a problem", problem=problem.slug)
    content = orjson.dumps(problem.body(current_trace_id()))
    return Response(content, problem.status, problem.headers, PROBLEM_MEDIA_TYPE)
