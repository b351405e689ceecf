"""Fechamento: a day is closed, and with it all before, or the newest one is opened again."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.language.dates import read_date
from fluxo_dashboard.language.texts import read_text
from fluxo_dashboard.pages.books import CLOSES_PATH, BooksForms, show
from fluxo_dashboard.pages.books import PATH as BOOKS
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import FORBIDDEN, Visit, for_closers, for_owners

PATH: Final = f"{BOOKS}/closes"
WITHIN_S: Final = 13.0
"""The service waits up to twelve seconds for what is on its way into the day."""

_REASON_LENGTH_MAX: Final = 200


async def _close(visit: Visit) -> Response:
    forms = BooksForms.empty(visit.today, visit.language).sent(await visit.request.form())
    try:
        day = read_date(forms.day, visit.today, visit.language)
    except ValueError as error:
        return await show(visit, forms.with_errors({"day": str(error)}), 422)
    try:
        # Closed again, the day that was closed last answers the same: no key is needed.
        await visit.desk.entries.post(
            CLOSES_PATH, visit.token, {"date": day.isoformat()}, idempotency_key=None, within_s=WITHIN_S
        )
    except ServiceUnavailableError:
        sentence = visit.say("It is not known whether the day was closed: look below. Closing it again does no harm.")
        return await show(visit, forms.with_errors({"close": sentence}), 503)
    except Refusal as refusal:
        return await show(visit, forms.with_errors({"close": _refused(visit, refusal)}), refusal.status)
    return RedirectResponse(f"{BOOKS}?closed#closes", 303)


async def _reopen(visit: Visit) -> Response:
    fields = await visit.request.form()
    forms = BooksForms.empty(visit.today, visit.language).sent(fields)
    try:
        reason = read_text(forms.reason, _REASON_LENGTH_MAX, visit.language)
    except ValueError as error:
        return await show(visit, forms.with_errors({"reason": str(error)}), 422)
    if not reason:
        return await show(visit, forms.with_errors({"reason": visit.say("Write why: it stays in the list.")}), 422)
    try:
        await visit.desk.entries.delete(
            f"{CLOSES_PATH}/{visit.request.path_params['date']}", visit.token, reason=reason
        )
    except ServiceUnavailableError:
        sentence = visit.say("It is not known whether the day was opened again. The list below says it.")
        return await show(visit, forms.with_errors({"reopen": sentence}), 503)
    except Refusal as refusal:
        sentence = visit.say("This day is not the newest one that is closed any more. The list below says what is.")
        if refusal.status == FORBIDDEN:
            sentence = _refused(visit, refusal)
        return await show(visit, forms.with_errors({"reopen": sentence}), refusal.status)
    return RedirectResponse(f"{BOOKS}?reopened#closes", 303)


def _refused(visit: Visit, refusal: Refusal) -> str:
    if refusal.kind == "not-yet-consolidated":
        return visit.say("Entries of these days are not in the balances yet. Nothing was closed; try again shortly.")
    if refusal.kind == "day-closed":
        return visit.say("This day is closed already, and so are later ones.")
    if refusal.status == FORBIDDEN:
        return visit.say("Your sign-in does not let you do this. Whoever runs Fluxo gives the scope for it.")
    return visit.say("The day cannot be closed like this. Nothing was changed.")


close = for_closers(_close)
reopen = for_owners(_reopen)
