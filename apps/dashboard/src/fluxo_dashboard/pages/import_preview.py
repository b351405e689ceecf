"""One import: what the file says and what would be recorded, then how far recording has come."""

from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.language.texts import read_text
from fluxo_dashboard.pages.entry import away, entry_id
from fluxo_dashboard.pages.imports import PATH, SERVICE_PATH
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.handed_on import handed_on
from fluxo_dashboard.web.visit import Visit, for_writers

STATUSES: Final = ("new", "possible_duplicate", "duplicate", "invalid")
_GOES_ON: Final = ("parsing", "confirmed", "recording")
_CATEGORY_LENGTH_MAX: Final = 60
_SHOWN: Final = 50
_CONFLICT: Final = 409
_GONE: Final = 410


async def _show(visit: Visit) -> Response:
    try:
        return await _page(visit)
    except ServiceUnavailableError:
        # The part that asks again stays as it was.
        return Response(status_code=204) if visit.wants_part else away(visit)


async def _confirm(visit: Visit) -> Response:
    form = await visit.request.form()
    typed = str(form.get("category", ""))
    try:
        category = read_text(typed, _CATEGORY_LENGTH_MAX, visit.language)
    except ValueError as error:
        return await _page(visit, {"category": str(error)}, typed, 422)
    possible = "record" if form.get("possible") == "record" else "skip"
    body = {"possible_duplicates": possible, "category": category or None}
    try:
        # Confirmed again, it answers the same: no key is needed.
        await visit.desk.entries.post(f"{_path(visit)}/confirm", visit.token, body, idempotency_key=None)
    except ServiceUnavailableError:
        sentence = visit.say(
            "It is not known whether recording began. Open the page again; to send it twice does no harm."
        )
        return await _page(visit, {"form": sentence}, typed, 503)
    except Refusal as refusal:
        if refusal.status != _CONFLICT:
            raise
    return RedirectResponse(f"{PATH}/{entry_id(visit)}", 303)


async def _failed_lines(visit: Visit) -> Response:
    """Hand on the file of what cannot be recorded."""
    return handed_on(await visit.desk.entries.download(f"{_path(visit)}/failed-lines", visit.token))


async def _page(visit: Visit, errors: dict[str, str] | None = None, category: str = "", status: int = 200) -> Response:
    imported: dict[str, Any] = await visit.desk.entries.get(_path(visit), visit.token)
    wanted = visit.request.query_params.get("status")
    shown = wanted if wanted in STATUSES else _first_to_look_at(imported)
    cursor = visit.request.query_params.get("cursor")
    lines: dict[str, Any] | None = {"items": [], "next": None}
    if shown is not None and not visit.wants_part:
        path = f"{_path(visit)}/lines"
        try:
            lines = await visit.desk.entries.get(path, visit.token, status=shown, cursor=cursor or None, limit=_SHOWN)
        except Refusal as refusal:
            if refusal.status != _GONE:
                raise
            lines = None
    response = visit.page(
        "imports/progress.html" if visit.wants_part else "imports/page.html",
        status,
        imported=imported,
        shown=shown,
        cursor=cursor,
        lines=lines,
        errors=errors or {},
        category=category,
    )
    if visit.wants_part and imported["state"] not in _GOES_ON:
        response.headers["HX-Refresh"] = "true"  # The whole page has changed.
    return response


def _first_to_look_at(imported: dict[str, Any]) -> str | None:
    """Return the status that a person has to decide about first; None while there is nothing to see."""
    return next((each for each in reversed(STATUSES) if imported["lines"][each]["count"] and each != "duplicate"), None)


def _path(visit: Visit) -> str:
    return f"{SERVICE_PATH}/{entry_id(visit)}"


page = for_writers(_show)
confirm = for_writers(_confirm)
failed_lines = for_writers(_failed_lines)
