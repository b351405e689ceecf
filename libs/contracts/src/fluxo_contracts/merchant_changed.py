"""The event that a change of a merchant's settings becomes: all settings as they are since."""

from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from fluxo_contracts.entry_recorded import ENTRIES_SOURCE, Currency, MerchantId
from fluxo_contracts.envelope import Instant, decoder_of
from fluxo_contracts.event_type import EventType, Operation
from fluxo_contracts.streams import DAILY_BALANCES_GROUP

MERCHANT_CHANGED_TYPE: Final = "fluxo.merchant.changed.v1"


class MerchantChangedData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The merchant's settings. The currency is fixed once there are entries, and these are in it."""

    name: str
    currency: Currency
    time_zone: str


class MerchantChanged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """CloudEvents 1.0, structured JSON mode. `subject` is the merchant; of two events the later holds.

    Which one is later their `time` tells: no two of a merchant have the same, whatever clocks do.
    """

    specversion: Literal["1.0"] = "1.0"
    type: Literal["fluxo.merchant.changed.v1"] = MERCHANT_CHANGED_TYPE
    source: Literal["/fluxo/entries"] = ENTRIES_SOURCE
    id: UUID
    time: Instant
    subject: MerchantId
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: MerchantChangedData


decode: Final = decoder_of(MerchantChanged, MERCHANT_CHANGED_TYPE)

EXAMPLE: Final = MerchantChanged(
    id=UUID("019aac6e-1dba-7c4e-9a55-0242ac120003"),
    time=datetime(2026, 11, 22, 14, 30, 0, 654321, tzinfo=UTC),
    subject="padaria-do-ze",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data=MerchantChangedData(name="Padaria do Zé", currency="BRL", time_zone="America/Sao_Paulo"),
)

EVENT: Final = EventType(
    name=MERCHANT_CHANGED_TYPE,
    message="merchantChanged",
    title="Merchant changed",
    summary="A merchant's settings were changed: name, currency and time zone as they are since.",
    struct=MerchantChanged,
    example=EXAMPLE,
    channel="entries",
    sent=Operation(name="publishMerchant", summary="The entries service publishes every change of settings."),
    received=(
        Operation(
            name="projectMerchant",
            summary=f"The balances service, as consumer group `{DAILY_BALANCES_GROUP}`, keeps the currency of "
            "merchants without entries. Delivery is at least once and in any order; the event's `time` tells which are "
            "late.",
        ),
    ),
)
