"""Livros: the cash book of some days as a file, and which days are closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Self

from starlette.datastructures import FormData
from starlette.responses import Response

from fluxo_dashboard.language.dates import write_date
from fluxo_dashboard.language.languages import Language
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.web.visit import Visit, for_visitors

PATH: Final = "/books"
CLOSES_PATH: Final = "/v1/day-closes"


@dataclass(frozen=True, slots=True)
class BooksForms:
    """What was typed into the forms of the page, and what is wrong with it, by field."""

    first: str
    last: str
    day: str
    reason: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, today: date, language: Language) -> Self:
        """Return the month that was last completed, and the day that was."""
        last = today.replace(day=1) - timedelta(days=1)
        yesterday = write_date(today - timedelta(days=1), language)
        return cls(write_date(last.replace(day=1), language), write_date(last, language), yesterday)

    def sent(self, fields: FormData | Mapping[str, str]) -> Self:
        def typed(name: str, before: str) -> str:
            return str(fields.get(name, before)).strip()

        return replace(
            self,
            first=typed("first", self.first),
            last=typed("last", self.last),
            day=typed("day", self.day),
            reason=typed("reason", self.reason),
        )

    def with_errors(self, errors: Mapping[str, str]) -> Self:
        return replace(self, errors=errors)


async def show(visit: Visit, forms: BooksForms | None = None, status: int = 200) -> Response:
    """Return the page. What is closed is left out while the service is away."""
    trail: dict[str, Any] | None = await attempt(visit.desk.entries.get(CLOSES_PATH, visit.token))
    return visit.page(
        "books/page.html",
        status,
        trail=trail,
        done=next((each for each in ("closed", "reopened") if each in visit.request.query_params), None),
        forms=forms or BooksForms.empty(visit.today, visit.language),
    )


page = for_visitors(show)
