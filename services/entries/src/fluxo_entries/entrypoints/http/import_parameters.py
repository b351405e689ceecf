"""What comes in beside the file, and which imports and lines are asked for."""

import re
from email.message import Message
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from fluxo_entries.domain.statement_line import LineStatus
from fluxo_entries.domain.text import tidied_text
from fluxo_entries.entrypoints.http.fields import absent, from_text
from fluxo_entries.entrypoints.http.list_entries import LIMIT_DEFAULT, Limit
from fluxo_entries.entrypoints.http.parameters import HEADER_PARAMETER, UUID_FORM, id_in_path, idempotency_key

NAME_LENGTH_MAX: Final = 200
MEANINGS: Final = (
    *("date", "description", "amount", "charge", "money_in", "money_out", "direction", "balance", "kind", "bank_id"),
    *("account", "currency", "gross", "status"),
)
"""What a sheet's column can be: `amount` has a sign, or `direction` beside it; `charge` is a card's, where
what was bought has no minus; or `money_in` and `money_out`."""

NAMELESS: Final = "import"
_POSITION: Final = re.compile(r"[0-9]{1,9}\Z")
_FOLDER: Final = re.compile(r".*[/\\]", re.DOTALL)

OPTIONAL_KEY: Final[dict[str, Any]] = {**HEADER_PARAMETER, "required": False}
FILE_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "The bytes of the file, of any media type but multipart.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


async def _optional_key(request: Request) -> str | None:
    return await idempotency_key(request) if "idempotency-key" in request.headers else None


OptionalIdempotencyKey = Annotated[str | None, Depends(_optional_key)]


class ImportQuery(BaseModel):
    """What a file is shown as."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field(
        default_factory=absent, max_length=1_000, description="Its name; by default that of `Content-Disposition`."
    )
    account: str = Field(
        default_factory=absent,
        max_length=1_000,
        description="Of lines whose file names no account. Equal lines of two accounts are two.",
    )
    columns: str = Field(
        default_factory=absent,
        max_length=1_000,
        examples=["date=Data,amount=Valor,description=#3"],
        description=(
            "What the columns of a sheet mean, by their names or their numbers; all others are passed over. Once it is "
            f"confirmed, it holds for every later file with this header. Meanings: {', '.join(MEANINGS)}."
        ),
    )
    fees_apart: bool = Field(
        default=False,
        description="Of card sales the gross and the fee as an entry each, else the net as one.",
    )


def filename_of(request: Request, query: ImportQuery) -> str:
    """Return the file's name without folders."""
    disposition = Message()
    disposition["content-disposition"] = re.sub(r"[\r\n]", " ", request.headers.get("content-disposition", ""))
    name = query.filename or disposition.get_filename() or ""
    return tidied_text(_FOLDER.sub("", name), NAME_LENGTH_MAX) or NAMELESS


ImportIdInPath = Annotated[
    UUID,
    PlainValidator(partial(id_in_path, form=UUID_FORM, thing="import")),
    WithJsonSchema({"type": "string", "description": "The import's id.", "format": "uuid"}),
    Path(description="The import's id."),
]


def _parse_id(text: str) -> UUID:
    if not UUID_FORM.match(text):
        raise ValueError("This is no cursor that an earlier page gave.")
    return UUID(text)


def _parse_position(text: str) -> int:
    if not _POSITION.match(text):
        raise ValueError("This is no cursor that an earlier page gave.")
    return int(text)


_CURSOR: Final = WithJsonSchema({"type": "string", "maxLength": 36})
_NEXT: Final = "`next` of the page before."


class ImportsQuery(BaseModel):
    """Which imports."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = Field(default=LIMIT_DEFAULT, description="How many at most.")
    cursor: Annotated[UUID, from_text(_parse_id), _CURSOR] = Field(default_factory=absent, description=_NEXT)


class ImportLinesQuery(BaseModel):
    """Which lines."""

    model_config = ConfigDict(extra="forbid")

    status: LineStatus = Field(default_factory=absent, description="Only these.")
    limit: Limit = Field(default=LIMIT_DEFAULT, description="How many at most.")
    cursor: Annotated[int, from_text(_parse_position), _CURSOR] = Field(default=0, description=_NEXT)
