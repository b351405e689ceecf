"""What the OpenAPI document says of requests and answers, beyond what the framework can see."""

from typing import Any, Final

from fluxo_chassis.problems import problem_responses

_HEADERS: Final[dict[str, Any]] = {
    "ETag": {"description": "Strong; send it as `If-None-Match` next time.", "schema": {"type": "string"}},
    "Cache-Control": {"schema": {"type": "string", "const": "private, no-cache"}},
    "Vary": {"schema": {"type": "string", "const": "Authorization"}},
    "Cache-Status": {"description": "RFC 9211: where the answer came from.", "schema": {"type": "string"}},
}
CONDITION: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags of answers that you have, with commas between, or `*`: 304 if one still holds.",
    "schema": {"type": "string", "examples": ['"1f0c6a5e9d3b47a28c5e7f9012ab34cd"']},
}
_RETRY_AFTER: Final[dict[str, Any]] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}

LAST_EVENT_ID: Final[dict[str, Any]] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The `id` of the last event that you got: while it still holds, nothing is sent.",
    "schema": {"type": "string", "examples": ["20261122T143210.123456-8731"]},
}
# Of each event, as tools read it before OpenAPI 3.2.
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["changed", "unavailable"]},
        "id": {"type": "string", "description": "Of `changed`; opaque."},
        "data": {"type": "string", "description": "JSON", "contentMediaType": "application/json"},
        "retry": {"type": "integer", "description": "Milliseconds after which to come back."},
    },
}
_EVENTS: Final = """\
retry: 2000

id: 20261122T143210.123456-8731
event: changed
data: {"as_of":"2026-11-22T14:32:10.123456Z"}

: heartbeat

event: unavailable
data: {}

"""
FOLLOWED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events, with a comment every 15 seconds at the latest, until the token expires. "
        "`changed`: some days have changed, or may have; `as_of` is as in a balance. `unavailable`: whether anything "
        "changes cannot be told now; the next `changed` ends that.",
        "content": {"text/event-stream": {"schema": _EVENT, "example": _EVENTS}},
        "headers": {"Cache-Control": {"schema": {"type": "string", "const": "no-store"}}},
    },
    **problem_responses(401, 403),
    503: problem_responses(503)[503]
    | {"description": "Not now: so many follow already, or nobody can check the token.", "headers": _RETRY_AFTER},
}


def read_responses(model: Any, description: str = "The balance.") -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses=` with every answer that a route can give."""
    problems = problem_responses(401, 403, 422, 429, 503)
    problems[422]["description"] = "A date, a range or a parameter that is not valid; `errors` names all of them."
    problems[503] |= {
        "description": "Not now: the database is away, too many are waiting, the entry is not yet consolidated, "
        "or (without `Retry-After`) totals by category are not built yet.",
        "headers": _RETRY_AFTER,
    }
    return {
        200: {"model": model, "description": description, "headers": _HEADERS},
        304: {"description": "What you have, by its ETag, still holds.", "headers": _HEADERS},
        **problems,
    }
