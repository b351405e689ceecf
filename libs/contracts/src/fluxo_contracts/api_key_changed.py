"""The event that a new or a revoked API key becomes: what a service needs to check it, and never the key."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from fluxo_contracts.entry_recorded import ENTRIES_SOURCE, MerchantId
from fluxo_contracts.envelope import Instant, decoder_of
from fluxo_contracts.event_type import EventType, Operation
from fluxo_contracts.streams import DAILY_BALANCES_GROUP

API_KEY_CHANGED_TYPE: Final = "fluxo.api-key.changed.v1"

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256 of the whole key.")]


class ApiKeyChangedData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The key as it is since. Nothing of it ever changes but that it is revoked, and that it stays."""

    key_id: UUID
    hash: Hash
    scopes: list[str]
    revoked: bool
    expires_at: Instant | None = None


class ApiKeyChanged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """CloudEvents 1.0, structured JSON mode. `subject` is the merchant for whom the key stands."""

    specversion: Literal["1.0"] = "1.0"
    type: Literal["fluxo.api-key.changed.v1"] = API_KEY_CHANGED_TYPE
    source: Literal["/fluxo/entries"] = ENTRIES_SOURCE
    id: UUID
    time: Instant
    subject: MerchantId
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: ApiKeyChangedData


decode: Final = decoder_of(ApiKeyChanged, API_KEY_CHANGED_TYPE)

EXAMPLE: Final = ApiKeyChanged(
    id=UUID("019aac6e-1dba-7c4e-9a55-0242ac120004"),
    time=datetime(2026, 11, 22, 14, 31, 0, 654321, tzinfo=UTC),
    subject="padaria-do-ze",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data=ApiKeyChangedData(
        key_id=UUID("019aac6e-1dba-7c4e-9a55-0242ac120005"),
        hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        scopes=["balances:read"],
        revoked=False,
        expires_at=datetime(2027, 11, 22, 3, 0, tzinfo=UTC),
    ),
)

EVENT: Final = EventType(
    name=API_KEY_CHANGED_TYPE,
    message="apiKeyChanged",
    title="API key changed",
    summary="An API key was made or revoked.",
    struct=ApiKeyChanged,
    example=EXAMPLE,
    channel="entries",
    sent=Operation(
        name="publishApiKey", summary="The entries service publishes every API key, and that it is revoked."
    ),
    received=(
        Operation(
            name="projectApiKey",
            summary=f"The balances service, as consumer group `{DAILY_BALANCES_GROUP}`, takes the key until it expires "
            "or is revoked, where events are signed. Delivery is at least once and in any order: one that was revoked "
            "stays so.",
        ),
    ),
)
