"""For each route a request that is answered with success to who may send it, by method and path of the table."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from tests.security.in_memory import CLOSED_DAY, DAY, OWN_ENTRY

ENTRY = {"direction": "credit", "amount": "1.00", "business_date": str(DAY), "description": "Venda"}
NEW_KEY = {"name": "caixa 3", "scopes": ["entries:write"]}
KEYED = {"idempotency-key": "asked-by-tests-security"}


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    headers: dict = field(default_factory=dict)
    json: object = None
    also: frozenset = frozenset()
    """Scopes beside the route's that this very request needs."""


def asked(method, path) -> Asked:
    """Return a request for the route.

    Raises:
        KeyError: there is none here yet for a route that is new.
    """
    plain = path.format(
        entry_id=OWN_ENTRY,
        key_id=OWN_ENTRY,
        import_id=OWN_ENTRY,
        id=OWN_ENTRY,
        date=DAY,
        name="style.css",
        link="a-link",
    )
    special = {
        ("POST", "/v1/entries"): Asked(plain, KEYED, ENTRY),
        ("POST", "/v1/entries/bulk"): Asked(
            plain, json={"mode": "atomic", "entries": [{"idempotency_key": "asked-in-bulk", **ENTRY}]}
        ),
        ("POST", "/v1/entries/{entry_id}/reversal"): Asked(
            plain, {"idempotency-key": "asked-reversal"}, {"reason": "Engano"}
        ),
        ("PATCH", "/v1/merchant"): Asked(plain, json={"name": "Padaria da Ana"}),
        ("POST", "/v1/imports"): Asked(plain, json="a file"),
        ("POST", "/v1/reconciliations"): Asked(plain, json="2026-11-20;10.00;Venda"),
        ("DELETE", "/v1/imports/{import_id}"): Asked(plain),
        ("POST", "/v1/imports/{import_id}/confirm"): Asked(plain, json={"possible_duplicates": "skip"}),
        ("POST", "/v1/api-keys"): Asked(plain, json=NEW_KEY, also=frozenset(NEW_KEY["scopes"])),
        ("DELETE", "/v1/api-keys/{key_id}"): Asked(plain),
        ("POST", "/v1/day-closes"): Asked(plain, json={"date": str(DAY - timedelta(days=1))}),
        ("DELETE", "/v1/day-closes/{date}"): Asked(f"/v1/day-closes/{CLOSED_DAY}?reason=Engano"),
        ("GET", "/books/closes/{date}/reopen"): Asked(f"/books/closes/{CLOSED_DAY}/reopen"),
        ("GET", "/v1/daily-balances"): Asked(f"{plain}?from={DAY}&to={DAY}"),
        ("GET", "/v1/cash-book"): Asked(f"{plain}?from={DAY}&to={DAY}"),
        ("GET", "/v1/category-totals"): Asked(f"{plain}?from={DAY}&to={DAY}"),
    }
    if method in {"GET", "HEAD"}:
        return special.get(("GET", path), Asked(plain))
    return special[method, path]


def form_of(path, form_token) -> dict:
    """Return what the page's form at this address sends."""
    forms = {
        "/entries": {**ENTRY, "amount": "1,00", "category": ""},
        "/entries/{id}/reverse": {"business_date": str(DAY), "reason": "Engano"},
        "/imports": {"file": "2026-11-20;10.00;Venda"},
        "/imports/{id}/confirm": {"possible": "skip", "category": ""},
        "/imports/{id}/remove": {},
        "/books/closes": {"day": str(DAY - timedelta(days=1))},
        "/books/closes/{date}/reopen": {"reason": "Engano"},
        "/keys": {"name": "caixa 4", "scopes": "entries:read", "last_day": ""},
        "/keys/{id}/revoke": {},
        "/sign-out": {},
        "/language": {"language": "en", "next": "/"},
    }
    return {"form_token": form_token, "key": str(uuid4()), **forms[path]}
