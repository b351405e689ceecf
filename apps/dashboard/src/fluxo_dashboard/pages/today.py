"""Hoje: what the day opened with and stands at, the last thirty days, the latest entries, and the quick form."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from starlette.responses import Response

from fluxo_dashboard.pages.entry_form import EntryForm
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.services.last_known import LastKnown
from fluxo_dashboard.web.visit import Visit, for_visitors

DAYS_SHOWN: Final = 30
LATEST_SHOWN: Final = 10
UNSUMMED_LOOKED_AT: Final = 500

_last_known = LastKnown[dict[str, Any]]()


@dataclass(frozen=True, slots=True)
class Standing:
    """The day's balance and the thirty before it, as the balances service last told them.

    `is_current` is False while that service is unavailable; `unsummed` then counts the entries that it has not told of.
    """

    range: dict[str, Any]
    is_current: bool
    unsummed: int | None = None

    @property
    def day(self) -> dict[str, Any]:
        day: dict[str, Any] = self.range["items"][-1]
        return day

    @property
    def as_of(self) -> str | None:
        as_of: str | None = self.range["as_of"]
        return as_of

    @property
    def is_of(self) -> date:
        return date.fromisoformat(self.day["date"])


async def _page(visit: Visit) -> Response:
    standing, latest = await asyncio.gather(_standing(visit), _latest(visit))
    return visit.page(
        "today/page.html",
        standing=standing,
        latest=latest,
        form=EntryForm.empty(visit.today, visit.language),
        saved=None,
    )


async def _balance_part(visit: Visit) -> Response:
    return visit.page("today/balance.html", standing=await _standing(visit))


async def _latest_part(visit: Visit) -> Response:
    return visit.page("today/latest.html", latest=await _latest(visit))


async def _standing(visit: Visit) -> Standing | None:
    """Return what is known; None when nothing ever was, which is never shown as zero."""
    today = visit.today
    since = today - timedelta(days=DAYS_SHOWN)
    found = await attempt(visit.balances_of("/v1/daily-balances", since, today))
    if found is not None and not found.get("stale"):
        _last_known.note(visit.merchant.id, found)
        return Standing(found, is_current=True)
    told = found or _last_known.find(visit.merchant.id)
    if told is None:
        return None
    return Standing(told, is_current=False, unsummed=await _unsummed(visit, told["as_of"], since))


async def _unsummed(visit: Visit, as_of: str | None, since: date) -> int | None:
    """Count the entries of the last thirty days that were recorded after `as_of`; None when nobody can tell."""
    recent = await attempt(
        visit.desk.entries.get("/v1/entries", visit.token, limit=UNSUMMED_LOOKED_AT, **{"from": since.isoformat()})
    )
    if recent is None:
        return None
    unsummed: int = sum(as_of is None or entry["recorded_at"] > as_of for entry in recent["items"])
    return unsummed


async def _latest(visit: Visit) -> list[dict[str, Any]] | None:
    found = await attempt(visit.desk.entries.get("/v1/entries", visit.token, limit=LATEST_SHOWN))
    items: list[dict[str, Any]] | None = None if found is None else found["items"]
    return items


page = for_visitors(_page)
balance_part = for_visitors(_balance_part)
latest_part = for_visitors(_latest_part)
