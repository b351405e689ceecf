"""Who signed in, by the claims of the provider's tokens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from fluxo_dashboard.sign_in.refusals import SignInRefusedError

log = structlog.get_logger(__name__)

Claims = Mapping[str, Any]
MERCHANT_CLAIM: Final = "merchant_id"
_MERCHANT: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
_NAME_LENGTH_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Person:
    merchant_id: str
    subject: str
    role: str
    name: str


def person_of(id_claims: Claims, access_claims: Claims, merchant_claim: str = MERCHANT_CLAIM) -> Person:
    """Return who it is: each claim from the ID token, else from the access token.

    Raises:
        SignInRefusedError: no merchant that the services would take, or two: they ask the access token alone.
    """
    merchants = {
        claims[merchant_claim] for claims in (id_claims, access_claims) if _is_merchant(claims, merchant_claim)
    }
    if len(merchants) > 1:
        log.error("the ID token and the access token name different merchants")
        raise SignInRefusedError("provider")
    if not merchants:
        raise SignInRefusedError("merchant")
    both = {**access_claims, **id_claims}
    name = _text(both, "name") or _text(both, "preferred_username") or _text(both, "email")
    return Person(merchants.pop(), _text(both, "sub"), _text(both, "role"), name[:_NAME_LENGTH_MAX])


def _is_merchant(claims: Claims, name: str) -> bool:
    return _MERCHANT.match(_text(claims, name)) is not None


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
