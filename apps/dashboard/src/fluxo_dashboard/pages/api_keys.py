"""Chaves de API: what machines show instead of a token. A new one is shown once, by the answer to its form."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from fluxo_dashboard.pages.api_key_form import ApiKeyForm
from fluxo_dashboard.pages.entry import entry_id
from fluxo_dashboard.services.attempt import attempt
from fluxo_dashboard.services.client import Refusal, ServiceUnavailableError
from fluxo_dashboard.web.visit import FORBIDDEN, Visit, for_owners

_PATH = "/v1/api-keys"


async def _list(visit: Visit) -> Response:
    return await _page(visit, ApiKeyForm.empty())


async def _create(visit: Visit) -> Response:
    form = ApiKeyForm.sent(await visit.request.form())
    body, errors = form.read(visit.today, visit.merchant.time_zone, visit.language)
    if errors:
        return await _page(visit, form.with_errors(errors), 422)
    try:
        # Without an idempotency key: no answer is kept that holds the key.
        created = await visit.desk.entries.post(_PATH, visit.token, body, idempotency_key=None)
    except ServiceUnavailableError:
        sentence = visit.say(
            "It is not known whether the key was made. If it is in the list, revoke it and make another."
        )
        return await _page(visit, form.with_errors({"form": sentence}), 503)
    except Refusal as refusal:
        return await _page(visit, form.with_errors(_refused(visit, refusal)), 422)
    return await _page(visit, ApiKeyForm.empty(), created=created)


async def _confirm(visit: Visit) -> Response:
    key_id = entry_id(visit)
    found = next((key for key in await _keys(visit) if key["id"] == key_id), None)
    if found is None:
        raise Refusal(404, "not-found", "", {})
    return visit.page("api_keys/revoke_page.html", key=found)


async def _revoke(visit: Visit) -> Response:
    await visit.desk.entries.delete(f"{_PATH}/{entry_id(visit)}", visit.token)
    return RedirectResponse("/keys?revoked", 303)


async def _page(
    visit: Visit, form: ApiKeyForm, status: int = 200, *, created: dict[str, Any] | None = None
) -> Response:
    """Show the keys, or why they are not shown, and the form."""
    keys, is_forbidden = None, False
    try:
        keys = await attempt(_keys(visit))
    except Refusal as refusal:
        if refusal.status != FORBIDDEN:
            raise
        is_forbidden = True
    return visit.page(
        "api_keys/keys.html" if visit.wants_part else "api_keys/page.html",
        status,
        is_part=visit.wants_part,
        keys=keys,
        is_forbidden=is_forbidden,
        form=form,
        created=created,
        was_just_revoked="revoked" in visit.request.query_params,
    )


async def _keys(visit: Visit) -> list[dict[str, Any]]:
    """Return the keys, with when either service saw each last: as far as is known while the balances are away."""
    keys: list[dict[str, Any]] = (await visit.desk.entries.get(_PATH, visit.token))["items"]
    uses = await attempt(visit.desk.balances.get("/v1/api-key-uses", visit.token))
    used = {} if uses is None else {use["id"]: use["last_used_at"] for use in uses["items"]}
    for key in keys:
        # Both services write instants alike.
        key["last_used_at"] = max(filter(None, (key["last_used_at"], used.get(key["id"]))), default=None)
        key["is_use_known"] = uses is not None or key["last_used_at"] is not None
    return keys


def _refused(visit: Visit, refusal: Refusal) -> dict[str, str]:
    """Say why, in the person's language."""
    if refusal.kind == "api-key-name-taken":
        return {"name": visit.say("Another key has this name. Choose another one, or revoke that key first.")}
    if refusal.kind == "too-many-api-keys":
        return {"form": visit.say("There are as many keys as there may be. Revoke one first.")}
    if refusal.status == FORBIDDEN:
        return {"form": visit.say("You may not do all of this yourself, so no key of yours may.")}
    return {"form": visit.say("The key cannot be made like this. Nothing was changed.")}


page = for_owners(_list)
create = for_owners(_create)
confirm = for_owners(_confirm)
revoke = for_owners(_revoke)
