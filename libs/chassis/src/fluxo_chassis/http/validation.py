"""Validation errors in sentences for people, with pointers for programs, and never the offending value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fluxo_chassis.http.given_once import REPEATED
from fluxo_chassis.problems import FieldError, Problem

ERRORS_SHOWN_MAX: Final = 100
FIELDS_MAX: Final = 24
"""Of one object, known or not: no route knows half as many."""

# Where Pydantic's own sentence is for programmers or repeats a piece of the value.
_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known.",
    "string_type": "This must be a string.",
    "string_unicode": "This must be valid Unicode text.",
    "string_pattern_mismatch": "This does not have the required form.",
    "int_type": "This must be an integer.",
    "int_parsing": "This must be an integer.",
    "int_from_float": "This must be an integer.",
    "int_parsing_size": "This number is too large.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be a JSON object.",
    "date_type": "This must be a date, YYYY-MM-DD.",
    "date_parsing": "This must be a date, YYYY-MM-DD.",
    "date_from_datetime_parsing": "This must be a date, YYYY-MM-DD.",
    "date_from_datetime_inexact": "This must be a date, YYYY-MM-DD.",
    "uuid_type": "This must be a UUID.",
    "uuid_parsing": "This must be a UUID.",
    "decimal_type": "This must be a decimal number in a string.",
    "decimal_parsing": "This must be a decimal number in a string.",
    "finite_number": "This must be a finite number.",
}


def validation_problem(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """422 with every bad field, from errors as Pydantic and FastAPI list them (`loc` begins with body, query, …)."""
    return invalid_request([FieldError(pointer(error["loc"]), _sentence(error)) for error in errors])


def invalid_request(
    errors: Sequence[FieldError], shown_max: int = ERRORS_SHOWN_MAX, *, count: int | None = None
) -> Problem:
    """422 with every bad field, the first `shown_max` of them: an answer is not much larger than its request.

    `count` is how many there are when `errors` are the first of them.
    """
    detail = how_many(len(errors) if count is None else count, "fields are not valid", shown_max)
    return Problem(422, "validation", "Invalid request", detail, errors=errors[:shown_max])


def too_many_fields() -> Problem:
    """422 for an object with more than FIELDS_MAX: nobody looks which of them are known."""
    return invalid_request([FieldError("", "This has too many fields.")])


def how_many(count: int, fact: str, shown_max: int = ERRORS_SHOWN_MAX) -> str:
    """The sentence over the errors that are named, when there may be more."""
    if count > shown_max:
        return f"{count} {fact}: the first {shown_max} are named, there are {count - shown_max} more."
    return f"One or more {fact}."


def pointer(location: tuple[int | str, ...]) -> str:
    """`/items/3/x` in the body (RFC 6901), `?name` in the query, `{name}` in the path, a header's or cookie's name."""
    place, *rest = location or ("body",)
    name = str(rest[0]) if rest else ""
    if place == "query":
        return f"?{name}"
    if place == "path":
        return f"{{{name}}}"
    if place in ("header", "cookie"):
        return name.title() if place == "header" else name
    written = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in rest)
    # A name may hold half a character, which no answer can.
    return written.encode(errors="replace").decode()


def _sentence(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if error.get("input") is REPEATED:
        return str(REPEATED)
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    for noun in ("Input", "String", "List", "Value"):
        message = message.replace(f"{noun} should", "This must", 1)
    return message if message.endswith(".") else f"{message}."
