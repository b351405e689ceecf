"""Validation errors in sentences for people, with pointers for programs, and never the offending value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fluxo_chassis.http.given_once import REPEATED
from fluxo_chassis.problems import FieldError, Problem

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


def invalid_request(errors: Sequence[FieldError]) -> Problem:
    """422 with every bad field."""
    return Problem(422, "validation", "Invalid request", "One or more fields are not valid.", errors=errors)


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
