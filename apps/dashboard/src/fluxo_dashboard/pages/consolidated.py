"""Consolidado: what a day, week, month or year opened with, took in, gave out and closed with, and where it went."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.language.dates import read_date, write_date
from fluxo_dashboard.pages.period import KINDS, Period
from fluxo_dashboard.pages.spending import Category, by_category
from fluxo_dashboard.pages.sums import Change, Sums, by_day, by_month
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.services.client import NOT_BUILT, ServiceUnavailableError
from fluxo_dashboard.services.last_known import LastKnown
from fluxo_dashboard.web.visit import Visit, for_visitors


@dataclass(frozen=True, slots=True)
class Books:
    """What the balances service told of a period; not `is_current` is what it told last, while it is unavailable.

    `rows` are its days, or the months of a year; `changes` what is compared with the days of `before`.
    """

    currency: str
    as_of: str | None
    sums: Sums
    rows: list[Sums]
    before: Sums | None
    changes: Mapping[str, Change]
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Spending:
    """`categories` is None where nothing is known; `is_built` is False until the service has made the totals."""

    categories: list[Category] | None
    currency: str = ""
    as_of: str | None = None
    is_current: bool = True
    is_built: bool = True

    @property
    def months(self) -> list[str]:
        """Their first days, those without an entry left out."""
        return sorted({month for category in self.categories or () for month in category.months})


_books_known = LastKnown[Books]()
_spending_known = LastKnown[Spending]()


async def _page(visit: Visit) -> Response:
    """Show the period around a day. Its address is the same in all languages, so that it can be kept and sent."""
    asked = visit.request.query_params
    typed, by = asked.get("on", "").strip(), asked.get("by", "")
    today, errors = visit.today, {}
    day = None
    try:
        day = read_date(typed, today, visit.language) if typed else None
        typed = write_date(day or today, visit.language)
    except ValueError as error:
        errors["on"] = str(error)
    period = Period.around(by if by in KINDS else "month", day or today, today)
    address = f"/consolidated?by={period.by}" + (f"&on={day.isoformat()}" if day else "")
    if day and asked["on"] != day.isoformat() and not visit.wants_part:
        return RedirectResponse(address, 303)
    books, spending = await asyncio.gather(_books(visit, period), _spending(visit, period))
    return visit.page(
        "consolidated/period.html" if visit.wants_part else "consolidated/page.html",
        period=period,
        kinds=[Period.around(kind, day or today, today) for kind in KINDS],
        address=address,
        books=books,
        spending=spending,
        typed=typed,
        errors=errors,
    )


async def _books(visit: Visit, period: Period) -> Books | None:
    """Return what is known; None when nothing ever was, which is never shown as zero."""
    asked = visit.merchant.id, period.by, period.first
    compared = period.compared()
    # In one answer with the days before: two could be of different moments.
    found = await attempt(
        visit.balances_of("/v1/daily-balances", compared[0] if compared else period.first, period.end)
    )
    if found is not None:
        books = _read_books(found, period, compared)
        if books.is_current:
            _books_known.note(asked, books)
        return books
    known = _books_known.find(asked)
    return replace(known, is_current=False) if known else None


def _read_books(found: Mapping[str, Any], period: Period, compared: tuple[date, date] | None) -> Books:
    days = [day for day in found["items"] if date.fromisoformat(day["date"]) >= period.first]
    sums = Sums.of(days)
    before = None
    if compared is not None:
        first, last = (day.isoformat() for day in compared)
        before = Sums.of([day for day in found["items"] if first <= day["date"] <= last])
    return Books(
        found["currency"],
        found["as_of"],
        sums,
        by_month(days) if period.by == "year" else by_day(days),
        before,
        {name: Change(getattr(sums, name), getattr(before, name)) for name in ("credits", "debits", "net")}
        if before
        else {},
        is_current=not found.get("stale"),
    )


async def _spending(visit: Visit, period: Period) -> Spending:
    asked = visit.merchant.id, period.by, period.first
    try:
        found = await visit.balances_of("/v1/category-totals", period.first, period.end)
    except ServiceUnavailableError as error:
        if error.kind == NOT_BUILT:
            return Spending(None, is_built=False)
        return replace(_spending_known.find(asked) or Spending(None), is_current=False)
    categories, is_current = by_category(found["items"]), not found.get("stale")
    spending = Spending(categories, found["currency"], found["as_of"], is_current=is_current)
    if spending.is_current:
        _spending_known.note(asked, spending)
    return spending


page = for_visitors(_page)
