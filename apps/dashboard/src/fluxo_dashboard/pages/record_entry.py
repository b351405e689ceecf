"""Recording what the quick form says, and telling when it is part of the balance."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.pages.entry import entry_id, find_entry
from fluxo_dashboard.pages.entry_form import EntryForm, closed_day, refused_fields
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import Visit, for_visitors, for_writers


async def _record(visit: Visit) -> Response:
    form = EntryForm.sent(await visit.request.form())
    body, errors = form.read(visit.merchant.currency, visit.today, visit.language)
    if errors:
        return _form(visit, form.with_errors(errors), 422)
    try:
        entry = await visit.desk.entries.post("/v1/entries", visit.token, body, idempotency_key=form.key)
    except ServiceUnavailableError:
        return _form(visit, form.with_errors({"form": _not_saved(visit)}), 503)
    except Refusal as refusal:
        return _form(visit, _refused(visit, form, refusal), 422)
    if not visit.wants_part:
        return RedirectResponse("/", 303)
    response = _form(visit, EntryForm.empty(visit.today, visit.language), saved=entry)
    response.headers["HX-Trigger"] = "fluxo:recorded"
    return response


def _form(visit: Visit, form: EntryForm, status: int = 200, *, saved: dict[str, Any] | None = None) -> Response:
    template = "today/entry_form.html" if visit.wants_part else "today/entry_form_page.html"
    return visit.page(template, status, form=form, saved=saved)


def _not_saved(visit: Visit) -> str:
    return visit.say("Not saved: the service cannot be reached. Send it again in a moment; it is never recorded twice.")


def _refused(visit: Visit, form: EntryForm, refusal: Refusal) -> EntryForm:
    """Say what this page did not know, in the person's language."""
    if refusal.kind == "idempotency-key-reused":
        changed = visit.say(
            "This form was recorded already. What you changed is not recorded: send it again if it is another entry."
        )
        return form.with_new_key().with_errors({"form": changed})
    errors = closed_day(refusal, visit.language) or refused_fields(refusal.errors, visit.language)
    return form.with_errors(errors or {"form": visit.say("This cannot be recorded like this. Nothing was changed.")})


async def _state(visit: Visit) -> Response:
    """Say whether the entry is part of its day's balance; wait for it as long as the balances service does."""
    wanted = entry_id(visit)
    try:
        entry = await find_entry(visit, wanted)
        day = f"/v1/daily-balances/{entry['business_date']}"
        await visit.desk.balances.get(day, visit.token, after_entry=wanted)
    except ServiceUnavailableError:
        return visit.page("parts/entry_state.html", entry_id=wanted, is_consolidated=False)
    return visit.page("parts/entry_state.html", entry_id=wanted, is_consolidated=True)


record = for_writers(_record)
state = for_visitors(_state)
