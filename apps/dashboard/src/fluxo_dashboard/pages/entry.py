"""One entry: all that is known of it, and the entry that undoes it or that it undoes."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import Visit, for_visitors


def entry_id(visit: Visit) -> str:
    """Return the id that the address names.

    Raises:
        Refusal: 404, it is no id.
    """
    try:
        return str(UUID(visit.request.path_params["id"]))
    except ValueError:
        raise Refusal(404, "not-found", "", {}) from None


async def find_entry(visit: Visit, wanted: str) -> dict[str, Any]:
    """Return the entry.

    Raises:
        Refusal: 404, the merchant has no such entry.
        ServiceUnavailableError: nobody can tell now.
    """
    entry: dict[str, Any] = await visit.desk.entries.get(f"/v1/entries/{wanted}", visit.token)
    return entry


async def _entry(visit: Visit) -> Response:
    try:
        entry = await find_entry(visit, entry_id(visit))
    except ServiceUnavailableError:
        return away(visit)
    return visit.page(
        "entries/entry.html" if visit.wants_part else "entries/entry_page.html",
        entry=entry,
        other=await _other(visit, entry),
        was_just_reversed="reversed" in visit.request.query_params and entry["reverses"] is not None,
    )


async def _reversal_part(visit: Visit) -> Response:
    """Return how the entry stands with its reversal: the only thing about an entry that ever changes."""
    try:
        entry = await find_entry(visit, entry_id(visit))
    except ServiceUnavailableError:
        return Response(status_code=204)
    return visit.page("entries/reversal.html", entry=entry, other=await _other(visit, entry))


def away(visit: Visit) -> Response:
    """Say that the entries cannot be reached, on a page that becomes the one that was asked for when they can."""
    return visit.page("entries/away.html" if visit.wants_part else "entries/away_page.html", 503)


async def _other(visit: Visit, entry: dict[str, Any]) -> dict[str, Any] | None:
    """Return the other one of an original and its reversal; None without one, and while it cannot be had."""
    other = entry["reverses"] or entry["reversed_by"]
    return await attempt(find_entry(visit, other)) if other else None


page = for_visitors(_entry)
reversal_part = for_visitors(_reversal_part)
