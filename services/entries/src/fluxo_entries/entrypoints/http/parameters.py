"""What comes in beside a body: the id in a path, and the header `Idempotency-Key`.

The key is bare (`abc`) or a quoted structured-field string (`"abc"`): the same key.
"""

import re
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Request
from fluxo_chassis.problems import FieldError, Problem
from pydantic import PlainValidator, WithJsonSchema

from fluxo_entries.entrypoints.http.fields import BusinessDate

_ENTRY_ID: Final = "The entry's id."
_KEY_ID: Final = "The API key's id."
UUID_FORM: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_KEY_ID_FORM: Final = re.compile(rf"{UUID_FORM.pattern}|[0-9a-fA-F]{{32}}\Z")
"""With or, as an API key begins with it, without its hyphens."""

BARE_KEY_PATTERN: Final = r"^[!-~](?:[ -~]{0,253}[!-~])?$"
_QUOTED_KEY_PATTERN: Final = r'"(?:[ !#-\[\]-~]|\\["\\]){1,255}"'
HEADER_PATTERN: Final = rf"^(?:[!#-~](?:[ -~]{{0,253}}[!-~])?|{_QUOTED_KEY_PATTERN})$"

_BARE_KEY: Final = re.compile(BARE_KEY_PATTERN.removesuffix("$") + r"\Z")
_HEADER: Final = re.compile(HEADER_PATTERN.removesuffix("$") + r"\Z")
_ESCAPED: Final = re.compile(r"\\(.)")

HEADER_PARAMETER: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": (
        "Your name for this request, 1 to 255 printable ASCII characters, bare or quoted. Sent again with the same "
        "body, the request is answered with what was stored the first time. Kept for at least 31 days."
    ),
    "schema": {"type": "string", "pattern": HEADER_PATTERN, "examples": ["6f2a4c1e-till-3-0001"]},
}


def parse_header(value: str) -> str:
    """Return the key without quotes and escapes.

    Raises:
        ValueError: empty, longer than 255, not printable ASCII, or a quoted string that is none.
    """
    if not _HEADER.match(value):
        raise ValueError("A key has 1 to 255 printable ASCII characters, bare or as a quoted string.")
    if not value.startswith('"'):
        return value
    return _ESCAPED.sub(r"\1", value[1:-1])


def parse_bare_key(value: str) -> str:
    """Return the key, as it stands in a JSON body.

    Raises:
        ValueError: empty, longer than 255, not printable ASCII, or with outer blanks.
    """
    if not _BARE_KEY.match(value):
        raise ValueError("A key has 1 to 255 printable ASCII characters, without outer blanks.")
    return value


async def idempotency_key(request: Request) -> str:
    """Return the request's key; problems of 400 when it has none, or more than one, or a malformed one."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        raise _problem("idempotency-key-missing", "Idempotency key missing", "This request needs an Idempotency-Key.")
    if len(values) > 1:
        raise _problem("idempotency-key-invalid", "Idempotency key invalid", "There is more than one Idempotency-Key.")
    try:
        return parse_header(values[0])
    except ValueError as error:
        raise _problem("idempotency-key-invalid", "Idempotency key invalid", str(error)) from None


def _problem(slug: str, title: str, detail: str) -> Problem:
    return Problem(400, slug, title, detail, errors=[FieldError("Idempotency-Key", detail)])


IdempotencyKey = Annotated[str, Depends(idempotency_key)]


def id_in_path(text: str, form: re.Pattern[str], thing: str) -> UUID:
    """Return the id; what cannot be an id is as unknown as an id that nothing has: 404."""
    if not form.match(text):
        raise Problem(404, "not-found", "Not found", f"There is no such {thing}.")
    return UUID(text)


EntryIdInPath = Annotated[
    UUID,
    PlainValidator(partial(id_in_path, form=UUID_FORM, thing="entry")),
    WithJsonSchema({"type": "string", "description": _ENTRY_ID, "format": "uuid"}),
    Path(description=_ENTRY_ID),
]

KeyIdInPath = Annotated[
    UUID,
    PlainValidator(partial(id_in_path, form=_KEY_ID_FORM, thing="key")),
    WithJsonSchema({"type": "string", "description": _KEY_ID, "format": "uuid"}),
    Path(description=_KEY_ID),
]

DateInPath = Annotated[BusinessDate, Path(description="The newest day that is closed.")]
