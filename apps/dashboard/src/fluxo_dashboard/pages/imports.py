"""Importar: files of banks, cards and sheets; each is looked at before anything of it is recorded."""

from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.pages.entry import entry_id
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import Visit, for_writers

PATH: Final = "/imports"
SERVICE_PATH: Final = "/v1/imports"
BODY_BYTES_MAX: Final = 64 * 1024 * 1024
"""More than the service takes, so that a person is told on the page; beyond that the connection ends with a problem."""

COLUMN: Final = "column-"
"""Before a column's number, from 1: the field with its meaning."""

_SHOWN: Final = 20
_PIECE_BYTES: Final = 65_536


async def _list(visit: Visit) -> Response:
    return await _page(visit)


async def _upload(visit: Visit) -> Response:
    """Hand the file on as it came, and go where its lines are shown."""
    form = await visit.request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _page(visit, visit.say("Choose a file first."), 422)
    try:
        created = await visit.desk.entries.upload(
            SERVICE_PATH, visit.token, _pieces(file), filename=file.filename[-200:], **_how(form)
        )
    except ServiceUnavailableError:
        sentence = visit.say("The file could not be taken just now. Nothing was recorded; send it again in a moment.")
        return await _page(visit, sentence, 503)
    except Refusal as refusal:
        return await _page(visit, _refused(visit, refusal), refusal.status)
    return RedirectResponse(f"{PATH}/{created['id']}", 303)


def _how(form: FormData) -> dict[str, str]:
    """Return how a person wants the file read, as the service takes it: what its columns mean, and fees apart."""
    chosen = [(name.removeprefix(COLUMN), meaning) for name, meaning in form.items() if name.startswith(COLUMN)]
    text = ",".join(f"{meaning}=#{number}" for number, meaning in chosen if meaning)
    apart = {"fees_apart": "true"} if "fees_apart" in form else {}
    return ({"columns": text} if chosen else {}) | apart


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE_BYTES):
        yield piece


async def _page(visit: Visit, error: str | None = None, status: int = 200) -> Response:
    asked = visit.desk.entries.get(SERVICE_PATH, visit.token, limit=_SHOWN)
    found: dict[str, Any] | None = await attempt(asked)
    return visit.page(
        "imports/list_page.html",
        status,
        imports=None if found is None else found["items"],
        error=error,
        was_just_removed="removed" in visit.request.query_params,
    )


async def _remove(visit: Visit) -> Response:
    await visit.desk.entries.delete(f"{SERVICE_PATH}/{entry_id(visit)}", visit.token)
    return RedirectResponse(f"{PATH}?removed", 303)


def _refused(visit: Visit, refusal: Refusal) -> str:
    if refusal.status == 413:  # noqa: PLR2004 - too large
        return visit.say("The file is larger than 50 MB. Export a shorter period.")
    if "columns" in refusal.errors:
        return visit.say(
            "The columns do not do for this file: one has to be the date and one the amount, each only once. "
            "Nothing was recorded."
        )
    if refusal.status == 422:  # noqa: PLR2004 - nothing in it
        return visit.say("The file is empty.")
    return visit.say("The file was not taken. Nothing was recorded.")


page = for_writers(_list)
upload = for_writers(_upload)
remove = for_writers(_remove)
