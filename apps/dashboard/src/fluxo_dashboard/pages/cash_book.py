"""Livro caixa: the entries of some days as a file for the accountant."""

from datetime import date
from typing import Final

from starlette.responses import Response

from fluxo_dashboard.language.dates import read_date
from fluxo_dashboard.language.languages import PORTUGUESE
from fluxo_dashboard.pages.books import PATH as BOOKS
from fluxo_dashboard.pages.books import BooksForms, show
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.handed_on import handed_on
from fluxo_dashboard.web.visit import Visit, for_visitors

PATH: Final = f"{BOOKS}/cash-book"
WITHIN_S: Final = 115.0
"""A hundred thousand entries take a while to write; the service gives up a little earlier."""

_FORMATS: Final = ("pdf", "xlsx", "csv")
_TOO_LARGE: Final = 422


async def _download(visit: Visit) -> Response:
    query = visit.request.query_params
    forms = BooksForms.empty(visit.today, visit.language).sent(query)
    days: dict[str, date] = {}
    errors: dict[str, str] = {}
    for name in ("first", "last"):
        try:
            days[name] = read_date(getattr(forms, name), visit.today, visit.language)
        except ValueError as error:
            errors[name] = str(error)
    if not errors and days["first"] > days["last"]:
        errors["last"] = visit.say("The last day is before the first.")
    if errors:
        return await show(visit, forms.with_errors(errors))
    form = next((each for each in _FORMATS if each == query.get("format")), _FORMATS[0])
    wanted = {"from": days["first"].isoformat(), "to": days["last"].isoformat(), "format": form}
    if visit.language is PORTUGUESE:
        wanted["locale"] = visit.language.code  # a CSV that a spreadsheet in Brazil opens by itself
    try:
        opened = await visit.desk.entries.download("/v1/cash-book", visit.token, within_s=WITHIN_S, **wanted)
    except ServiceUnavailableError:
        sentence = visit.say("The cash book cannot be written just now. Try again in a moment.")
        return await show(visit, forms.with_errors({"book": sentence}), 503)
    except Refusal as refusal:
        if refusal.status != _TOO_LARGE:
            raise
        return await show(visit, forms.with_errors({"book": visit.say("Choose a shorter period.")}), 422)
    return handed_on(opened)


download = for_visitors(_download)
