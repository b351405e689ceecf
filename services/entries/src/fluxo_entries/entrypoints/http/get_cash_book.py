import asyncio
from collections.abc import AsyncIterator, Mapping
from inspect import getdoc
from os import fstat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, BinaryIO, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from fluxo_chassis.auth import Principal
from fluxo_chassis.auth.requires import requires
from fluxo_chassis.problems import Problem, problem_responses
from fluxo_chassis.resilience import Bulkhead
from pydantic import BaseModel, ConfigDict, Field

from fluxo_entries.application.recording.get_cash_book import GetCashBook
from fluxo_entries.domain.cash_book import Form, Locale
from fluxo_entries.entrypoints.http.documentation import READ_PROBLEMS
from fluxo_entries.entrypoints.http.fields import BusinessDate, absent

PATH: Final = "/v1/cash-book"
WITHIN_S: Final = 110.0
"""A hundred thousand entries as a PDF take ten seconds of a core, or several times as long on a busy machine."""

RUNNING_MAX: Final = 2
WAITING_MAX: Final = 20
WAIT_MAX_S: Final = 10.0
_PRICE: Final = 1_000.0
_CHUNK_BYTES: Final = 256 * 1024

_TYPES: Final[Mapping[Form, str]] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def books_in_turns() -> Bulkhead:
    """Let two be written at a time, each by a process of its own, and of a merchant one."""
    return Bulkhead(
        "entries-cash-books",
        running_max=RUNNING_MAX,
        tenant_running_max=1,
        waiting_max=WAITING_MAX,
        wait_max_s=WAIT_MAX_S,
    )


class CashBookQuery(BaseModel):
    """Which days, and in which form where `Accept` does not say it."""

    model_config = ConfigDict(extra="forbid")

    from_date: BusinessDate = Field(alias="from", description="First business date.")
    to_date: BusinessDate = Field(alias="to", description="Last business date.")
    format: Form = Field(default_factory=absent, description="By default what `Accept` prefers, and else CSV.")
    locale: Locale = Field(
        default_factory=absent,
        description="Whose spreadsheet a CSV is for: `pt-BR` has semicolons, decimal commas and a byte order mark. "
        "By default it is for programs; of the other forms it changes nothing.",
    )


def _price(_request: Request) -> float:
    return _PRICE


def add_get_cash_book(routes: APIRouter, get_cash_book: GetCashBook) -> None:
    @routes.get(
        PATH,
        operation_id="getCashBook",
        summary="Get the cash book",
        description=getdoc(GetCashBook),
        response_class=Response,
        responses={
            **READ_PROBLEMS,
            **problem_responses(406),
            200: {
                "description": "The file.",
                "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()},
            },
        },
    )
    async def answer(
        request: Request,
        principal: Annotated[Principal, Depends(requires("entries:read", _price))],
        query: Annotated[CashBookQuery, Query()],
    ) -> Response:
        form = query.format or preferred(request.headers.get("accept", ""))
        with TemporaryDirectory(prefix="fluxo-cash-book-") as folder:
            days = query.from_date, query.to_date
            # What is open can be read to its end when its name is gone, by whoever comes to do so.
            file = (await get_cash_book(principal.tenant, *days, form, Path(folder), query.locale)).open("rb")
        name = f"livro-caixa-{query.from_date}-{query.to_date}.{form}"
        headers = {
            "Content-Length": str(fstat(file.fileno()).st_size),
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return StreamingResponse(_chunks(file), headers=headers, media_type=_TYPES[form])


def preferred(accept: str) -> Form:
    """Return the form that the header likes best: of several the first, and CSV where all are alike.

    Raises:
        Problem: it takes none of them.
    """
    liked: list[tuple[float, Form]] = []
    for media_range in accept.lower().split(",") if accept.strip() else ["*/*"]:
        kind, *parameters = (part.strip() for part in media_range.split(";"))
        form = next(
            (form for form, known in _TYPES.items() if kind in {known, f"{known.split('/')[0]}/*", "*/*"}), None
        )
        weight = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
        if form is not None and weight.replace(".", "", 1).isdecimal() and float(weight) > 0:
            liked.append((float(weight), form))
    if not liked:
        detail = f"The cash book comes as {', '.join(_TYPES.values())}; `format` says which."
        raise Problem(406, "not-acceptable", "Not acceptable", detail)
    return max(liked, key=lambda each: each[0])[1]


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
