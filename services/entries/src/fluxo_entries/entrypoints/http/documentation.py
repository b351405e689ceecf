"""What the OpenAPI document says of answers, beyond what the framework can see."""

from typing import Any, Final

from fluxo_chassis.problems import problem_response, problem_responses

READ_PROBLEMS: Final = problem_responses(401, 403, 422, 429, 500, 503)
WRITE_PROBLEMS: Final = problem_responses(400, 401, 403, 413, 415, 422, 429, 500, 503)
DAY_CLOSED: Final = problem_response(
    "Conflict. Where the day is closed (`/problems/day-closed`), `first_open_day` is the first one that is open."
)

_LOCATION: Final[dict[str, Any]] = {
    "Location": {
        "description": "Where the entry is.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    }
}
_REPLAYED: Final[dict[str, Any]] = {
    "Idempotent-Replayed": {
        "description": "`true` when this is the stored answer to an earlier request; else absent.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


def recorded(model: Any) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses=` for the answer to a command that records one entry."""
    return {201: {"model": model, "description": "The entry as it was recorded.", "headers": _LOCATION | _REPLAYED}}


def recorded_in_bulk(atomic: Any, partial: Any, checked: Any) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses=` for the answers to a bulk."""
    return {
        200: {"model": checked, "description": "Check: which items could be recorded."},
        201: {"model": atomic, "description": "Atomic: every entry, in the order given.", "headers": _REPLAYED},
        207: {"model": partial, "description": "Partial: what became of each item.", "headers": _REPLAYED},
    }


def imported(model: Any) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses=` for the answer to a file."""
    where = {"Location": {**_LOCATION["Location"], "description": "Where the import is."}}
    return {201: {"model": model, "description": "The import, read or still being read.", "headers": where | _REPLAYED}}
