"""What the pages work with: made once by bootstrap, the same for all visits."""

from dataclasses import dataclass

from fluxo_dashboard.live.changes import Changes
from fluxo_dashboard.services.client import ServiceClient
from fluxo_dashboard.services.merchants import Merchants
from fluxo_dashboard.sign_in.session import SessionCookie
from fluxo_dashboard.sign_in.tokens import AccessTokens
from fluxo_dashboard.web.rendering import Templates


@dataclass(frozen=True, slots=True)
class Desk:
    """`origin` is where browsers find the page: scheme, host and port."""

    entries: ServiceClient
    balances: ServiceClient
    merchants: Merchants
    changes: Changes
    tokens: AccessTokens
    cookie: SessionCookie
    templates: Templates
    origin: str
    is_behind_tls: bool
