"""API keys: what a machine shows instead of a token. Who checks them knows their hashes, and nobody the keys.

A key is `fx_`, its id in 32 hexadecimal digits, by which it is looked up, and 32 random bytes. As these cannot be
guessed, a plain hash is enough.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

PREFIX: Final = "fx_"
SECRET_BYTES: Final = 32

_KEY: Final = re.compile(PREFIX + r"([0-9a-f]{32})[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was not revoked: `hash` is `hash_of` it, `expires_at` in epoch seconds."""

    tenant: str
    hash: bytes
    scopes: frozenset[str]
    expires_at: float


class ApiKeys(Protocol):
    async def find(self, key_id: UUID) -> ApiKey | None:
        """Return the key; None where there is none, or it was revoked."""

    def note_use(self, key_id: UUID) -> None:
        """Write down soon, and not more often than once a minute, that the key is used; nobody waits for it."""


def new_key(key_id: UUID) -> tuple[str, bytes]:
    """Return a new key and its hash."""
    key = f"{PREFIX}{key_id.hex}{secrets.token_urlsafe(SECRET_BYTES)}"
    return key, hash_of(key)


def id_of(key: str) -> UUID | None:
    """Return the id that the key begins with; None for what is no key."""
    found = _KEY.match(key)
    return None if found is None else UUID(found[1])


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
