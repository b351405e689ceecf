"""Who may do what: the one table that `tests/security` holds every route of the services and of the page to.

A route that does not stand here fails a test there, and so does one that stands here and is gone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

KEY_SCOPES: Final = frozenset({"entries:read", "entries:write", "balances:read"})
"""What an API key may have; it has no role."""

SCOPES: Final = KEY_SCOPES | {"api-keys:manage", "days:close", "days:manage"}

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "owner": SCOPES,
    "operator": KEY_SCOPES,
    "accountant": frozenset({"entries:read", "balances:read", "days:close"}),
    "": KEY_SCOPES,
}
"""Which scopes of their token each may use, an empty role being none at all; a role that is not here may use none."""


def may(role: str, scopes: Collection[str], needed: str) -> bool:
    """Return whether a token with this role and these scopes may do what needs that scope."""
    return needed in scopes and needed in ROLES.get(role, frozenset())


@dataclass(frozen=True, slots=True)
class Route:
    """`scope` is what a token must have; None where nobody is asked for one. HEAD is as GET, where there is one."""

    method: str
    path: str
    scope: str | None
    what: str


class Needs(Enum):
    """What a page asks of who looks at it."""

    NOBODY = "open to anybody"
    SESSION = "a session"
    WRITER = "a session in a role that may write"
    OWNER = "a session of an owner"
    CLOSER = "a session in a role that may close days"


SCOPE_OF: Final = {
    Needs.SESSION: "entries:read",
    Needs.WRITER: "entries:write",
    Needs.OWNER: "api-keys:manage",
    Needs.CLOSER: "days:close",
}
"""What whoever looks at the page must be allowed by their role."""


@dataclass(frozen=True, slots=True)
class Page:
    method: str
    path: str
    needs: Needs
    what: str


_OPERATIONS: Final = (
    Route("GET", "/health/live", None, "whether the process runs"),
    Route("GET", "/health/ready", None, "whether it can work"),
    Route("GET", "/health", None, "what it depends on; nginx does not pass it"),
    Route("GET", "/metrics", None, "what it measures; nginx does not pass it"),
    Route("GET", "/openapi.json", None, "the OpenAPI document"),
    Route("GET", "/docs", None, "the same to read"),
    Route("GET", "/docs/{name}", None, "its style and script"),
)

SERVICES: Final[Mapping[str, tuple[Route, ...]]] = {
    "entries": (
        Route("POST", "/v1/entries", "entries:write", "record an entry"),
        Route("POST", "/v1/entries/bulk", "entries:write", "record many entries"),
        Route("POST", "/v1/entries/{entry_id}/reversal", "entries:write", "reverse an entry"),
        Route("GET", "/v1/entries/{entry_id}", "entries:read", "read an entry"),
        Route("GET", "/v1/entries", "entries:read", "list and search entries"),
        Route("GET", "/v1/merchant", "entries:read", "read the merchant's settings"),
        Route("PATCH", "/v1/merchant", "entries:write", "change the merchant's settings"),
        Route("POST", "/v1/api-keys", "api-keys:manage", "make an API key"),
        Route("GET", "/v1/api-keys", "api-keys:manage", "list the API keys"),
        Route("DELETE", "/v1/api-keys/{key_id}", "api-keys:manage", "revoke an API key"),
        Route("POST", "/v1/imports", "entries:write", "import a file"),
        Route("GET", "/v1/imports", "entries:read", "list the imports"),
        Route("GET", "/v1/imports/{import_id}", "entries:read", "read an import"),
        Route("DELETE", "/v1/imports/{import_id}", "entries:write", "remove an import that is not confirmed"),
        Route("GET", "/v1/imports/{import_id}/lines", "entries:read", "list the lines of an import"),
        Route("GET", "/v1/imports/{import_id}/failed-lines", "entries:read", "get its lines that cannot be recorded"),
        Route("POST", "/v1/imports/{import_id}/confirm", "entries:write", "record an import"),
        Route("POST", "/v1/reconciliations", "entries:read", "hold a statement against the books"),
        Route("POST", "/v1/day-closes", "days:close", "close a day and all before it"),
        Route("DELETE", "/v1/day-closes/{date}", "days:manage", "reopen the newest day that is closed"),
        Route("GET", "/v1/day-closes", "entries:read", "read who closed and reopened which day"),
        Route("GET", "/v1/cash-book", "entries:read", "the cash book of some days, as a file"),
        Route("GET", "/v1/seals/latest", "entries:read", "read the latest seal of the books"),
        *_OPERATIONS,
    ),
    "balances": (
        Route("GET", "/v1/daily-balances/{date}", "balances:read", "read a day's balance"),
        Route("GET", "/v1/daily-balances", "balances:read", "read the balances of days"),
        Route("GET", "/v1/daily-balances/changes", "balances:read", "follow changes"),
        Route("GET", "/v1/category-totals", "balances:read", "read totals by category"),
        Route("GET", "/v1/api-key-uses", "api-keys:manage", "see when API keys were last used here"),
        *_OPERATIONS,
    ),
}

PAGES: Final = (
    Page("GET", "/", Needs.SESSION, "the day"),
    Page("GET", "/today/balance", Needs.SESSION, "its balance, as a part"),
    Page("GET", "/today/latest", Needs.SESSION, "the latest entries, as a part"),
    Page("GET", "/today/categories", Needs.SESSION, "categories used before, as a part"),
    Page("GET", "/consolidated", Needs.SESSION, "the books of a period"),
    Page("GET", "/live", Needs.SESSION, "when to load parts again"),
    Page("GET", "/entries", Needs.SESSION, "list and search entries"),
    Page("POST", "/entries", Needs.WRITER, "record an entry"),
    Page("GET", "/entries/{id}", Needs.SESSION, "an entry"),
    Page("GET", "/entries/{id}/reversal", Needs.SESSION, "how it stands with its reversal, as a part"),
    Page("GET", "/entries/{id}/reverse", Needs.WRITER, "the form to reverse it"),
    Page("POST", "/entries/{id}/reverse", Needs.WRITER, "reverse it"),
    Page("GET", "/entries/{id}/state", Needs.SESSION, "whether it is in its day's balance, as a part"),
    Page("GET", "/imports", Needs.WRITER, "the files that were imported, and the form for another"),
    Page("POST", "/imports", Needs.WRITER, "send a file"),
    Page("GET", "/imports/{id}", Needs.WRITER, "what a file holds, and how far it is"),
    Page("POST", "/imports/{id}/confirm", Needs.WRITER, "record its lines"),
    Page("GET", "/imports/{id}/failed-lines", Needs.WRITER, "save those that cannot be recorded"),
    Page("POST", "/imports/{id}/remove", Needs.WRITER, "remove it"),
    Page("GET", "/books", Needs.SESSION, "the cash book's form, and which days are closed"),
    Page("GET", "/books/cash-book", Needs.SESSION, "save the cash book of some days"),
    Page("POST", "/books/closes", Needs.CLOSER, "close a day"),
    Page("POST", "/books/closes/{date}/reopen", Needs.OWNER, "open the newest one that is closed again"),
    Page("GET", "/keys", Needs.OWNER, "the API keys"),
    Page("POST", "/keys", Needs.OWNER, "make an API key"),
    Page("GET", "/keys/{id}/revoke", Needs.OWNER, "the form to revoke one"),
    Page("POST", "/keys/{id}/revoke", Needs.OWNER, "revoke it"),
    Page("GET", "/sign-in", Needs.NOBODY, "how to sign in"),
    Page("GET", "/sign-in/start", Needs.NOBODY, "on to the provider"),
    Page("GET", "/sign-in/callback", Needs.NOBODY, "back from the provider"),
    Page("GET", "/sign-in/link/{link}", Needs.NOBODY, "a one-time link of the development issuer"),
    Page("POST", "/sign-out", Needs.NOBODY, "end the session, if there is one"),
    Page("POST", "/language", Needs.NOBODY, "choose a language"),
    Page("GET", "/static/{name}", Needs.NOBODY, "style, scripts and pictures"),
    Page("GET", "/health/live", Needs.NOBODY, "whether the process runs"),
    Page("GET", "/health/ready", Needs.NOBODY, "whether it can work"),
    Page("GET", "/health", Needs.NOBODY, "what it depends on"),
    Page("GET", "/metrics", Needs.NOBODY, "what it measures"),
)
