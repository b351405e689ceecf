from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a merchant's key: never the key. One that was revoked stays so, whatever comes later."""

    id: UUID
    merchant_id: str
    hash: bytes
    scopes: tuple[str, ...]
    expires_at: datetime | None
    revoked: bool
