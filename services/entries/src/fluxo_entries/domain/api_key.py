"""API keys: what a merchant's machine shows to do what its scopes say."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fluxo_entries.domain.errors import RejectedFieldsError, ScopeNotHeldError

SCOPES: Final = ("balances:read", "entries:read", "entries:write")
"""What a key may be given. None of these manages keys: a key that leaked makes no other."""

LIVE_KEYS_MAX: Final = 50
"""Of one merchant."""

_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z\Z")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. Without `expires_at` it may be used until it is revoked."""

    id: UUID
    merchant_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKeyDraft:
    """A key that somebody asks for."""

    name: str
    scopes: Collection[str]
    expires_at: datetime | None = None


def create(key_id: UUID, merchant_id: str, draft: ApiKeyDraft, held: Collection[str], now: datetime) -> ApiKey:
    """Return the key that the draft asks for; `held` are the scopes of who asks.

    Raises:
        RejectedFieldsError: it would have expired.
        ScopeNotHeldError: it would be allowed more than who asks.
    """
    if draft.expires_at is not None and draft.expires_at <= now:
        raise RejectedFieldsError(("expires_at", "It is past."))
    if missing := sorted(set(draft.scopes) - set(held)):
        raise ScopeNotHeldError(missing)
    return ApiKey(key_id, merchant_id, draft.name, tuple(sorted(set(draft.scopes))), now, draft.expires_at)


def parse_instant(text: str) -> datetime:
    """Return the instant of an RFC 3339 text in UTC.

    Raises:
        ValueError: it is none, or not in UTC.
    """
    try:
        if _INSTANT.match(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("This must be an instant in UTC, such as 2027-01-31T03:00:00Z.")
