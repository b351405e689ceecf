"""Estornar: both entries are shown before it is confirmed, and however often it is confirmed, it happens once."""

from datetime import date
from http import HTTPStatus
from typing import Any

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.pages.entry import away, entry_id, find_entry
from fluxo_dashboard.pages.entry_form import closed_day
from fluxo_dashboard.pages.reversal_form import ReversalForm, no_reason, wrong_day
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import Visit, for_writers


async def _form(visit: Visit) -> Response:
    try:
        entry = await find_entry(visit, entry_id(visit))
    except ServiceUnavailableError:
        return away(visit)
    return await _page(visit, entry, ReversalForm.of(entry, visit.language))


async def _reverse(visit: Visit) -> Response:
    original_id = entry_id(visit)
    form = ReversalForm.sent(await visit.request.form())
    try:
        entry = await find_entry(visit, original_id)
        body, errors = form.read(entry, visit.today, visit.language)
        if errors:
            return await _page(visit, entry, form.with_errors(errors), 422)
        reversal = await visit.desk.entries.post(
            f"/v1/entries/{original_id}/reversal", visit.token, body, idempotency_key=form.key
        )
    except ServiceUnavailableError:
        return _not_reversed(visit, original_id, form)
    except Refusal as refusal:
        return await _refused(visit, original_id, form, refusal)
    address = f"/entries/{reversal['id']}?reversed"
    return Response(headers={"HX-Redirect": address}) if visit.wants_part else RedirectResponse(address, 303)


async def _page(visit: Visit, entry: dict[str, Any], form: ReversalForm, status: int = 200) -> Response:
    """Show both entries and the form; of what is reversed already, or is a reversal, that it is so."""
    reversed_by = entry["reversed_by"]
    return visit.page(
        "entries/reverse.html" if visit.wants_part else "entries/reverse_page.html",
        status,
        entry_id=entry["id"],
        entry=entry,
        form=form,
        other=await attempt(find_entry(visit, reversed_by)) if reversed_by else None,
    )


def _not_reversed(visit: Visit, original_id: str, form: ReversalForm) -> Response:
    """Say that it is not known to be done. What was typed stays: where it is or, without script, on a new page."""
    sentence = visit.say(
        "Not saved: the service cannot be reached. Send it again in a moment; it is never recorded twice."
    )
    if visit.wants_part:
        response = visit.page("parts/alert.html", sentence=sentence)
        response.headers.update({"HX-Retarget": "#reverse-error", "HX-Reswap": "innerHTML"})
        return response
    form = form.with_errors({"form": sentence})
    return visit.page("entries/reverse_page.html", 503, entry_id=original_id, entry=None, form=form, other=None)


async def _refused(visit: Visit, original_id: str, form: ReversalForm, refusal: Refusal) -> Response:
    """Say why, in the person's language: what somebody else did meanwhile, or a rule that this page does not know."""
    if refusal.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        raise refusal
    try:
        entry = await find_entry(visit, original_id)
    except ServiceUnavailableError:
        return _not_reversed(visit, original_id, form)
    known = {
        "business_date": wrong_day(date.fromisoformat(entry["business_date"]), visit.today, visit.language),
        "reason": no_reason(visit.language),
    }
    errors = closed_day(refusal, visit.language) or {name: known[name] for name in refusal.errors if name in known}
    errors = errors or {"form": visit.say("This cannot be recorded like this. Nothing was changed.")}
    return await _page(visit, entry, form.with_errors(errors), refusal.status)


form = for_writers(_form)
reverse = for_writers(_reverse)
