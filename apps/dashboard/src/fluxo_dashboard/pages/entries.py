"""Lançamentos: the merchant's entries, newest first, those that somebody wants to see; in pages that stay quick."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.pages.entry_filter import EntryFilter
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import Visit, for_visitors

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the list; `items` is None while the service is unavailable, `is_lost` for a page that is none."""

    items: list[dict[str, Any]] | None
    next: str | None = None
    is_lost: bool = False


async def _list(visit: Visit) -> Response:
    """Show the entries of the filter in the address; nothing but the filter while one of its fields is wrong.

    The address is one that is the same in all languages, so that it can be kept and sent to somebody.
    """
    sent = visit.request.query_params
    wanted = EntryFilter.read(sent, visit.today, visit.language)
    cursor = sent.get("cursor") or None
    if not wanted.errors and not visit.wants_part:
        written = {**wanted.query, **({"cursor": cursor} if cursor else {})}
        if written != dict(sent):
            return RedirectResponse(wanted.address(cursor=cursor), 303)
    return visit.page(
        "entries/list.html" if visit.wants_part else "entries/list_page.html",
        filter=wanted,
        found=None if wanted.errors else await _found(visit, wanted, cursor),
        cursor=cursor,
    )


async def _found(visit: Visit, wanted: EntryFilter, cursor: str | None) -> Found:
    try:
        answer = await visit.desk.entries.get("/v1/entries", visit.token, limit=SHOWN, cursor=cursor, **wanted.query)
    except ServiceUnavailableError:
        return Found(None)
    except Refusal as refusal:
        if "cursor" not in refusal.errors:
            raise
        return Found([], is_lost=True)
    return Found(answer["items"], answer["next"])


page = for_visitors(_list)
