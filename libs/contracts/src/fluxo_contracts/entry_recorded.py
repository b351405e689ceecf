"""The event that a recorded entry (a reversal is one too) becomes."""

from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from fluxo_contracts.envelope import Instant, UndecodableEventError, decoder_of
from fluxo_contracts.event_type import EventType, Operation
from fluxo_contracts.streams import DAILY_BALANCES_GROUP

ENTRY_RECORDED_TYPE: Final = "fluxo.entry.recorded.v1"
ENTRIES_SOURCE: Final = "/fluxo/entries"

AmountMinor = Annotated[int, msgspec.Meta(gt=0, le=99_999_999_999_999, description="Minor units of the currency.")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217.")]
MerchantId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z", description="The merchant.")]


FIRST_DATE: Final = date(1900, 1, 1)
"""No entry counts for an earlier day."""


class EntryRecordedData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The entry as it was recorded; amounts both as integer minor units and as a decimal string.

    How many decimals the minor units stand for is the currency's to say (ISO 4217): 0, 2, 3 or 4.
    """

    id: UUID
    direction: Literal["credit", "debit"]
    amount: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{2,4})?\Z")]
    amount_minor: AmountMinor
    currency: Currency
    business_date: date
    description: str
    category: str | None = None
    reverses: UUID | None = None
    recorded_at: Instant


class EntryRecorded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """CloudEvents 1.0, structured JSON mode. `id` is the entry's, `subject` the merchant."""

    specversion: Literal["1.0"] = "1.0"
    type: Literal["fluxo.entry.recorded.v1"] = ENTRY_RECORDED_TYPE
    source: Literal["/fluxo/entries"] = ENTRIES_SOURCE
    id: UUID
    time: Instant
    subject: MerchantId
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: EntryRecordedData


_decode: Final = decoder_of(EntryRecorded, ENTRY_RECORDED_TYPE)


def decode(payload: bytes) -> EntryRecorded:
    """Return the event; unknown fields are ignored, so that a newer producer may add some.

    Raises:
        UndecodableEventError: malformed JSON, a missing field, a wrong type or value, an event at odds with
            itself (the envelope's id and instant must be the entry's, amount and amount_minor the same money) or dated
            before 1900.
        OtherEventError: an event of another type, or of a newer version of this one.
    """
    event = _decode(payload)
    if event.id != event.data.id:
        raise UndecodableEventError("the envelope's id is not the entry's id")
    if event.time != event.data.recorded_at:
        raise UndecodableEventError("the envelope's time is not the entry's recorded_at")
    if event.data.business_date < FIRST_DATE:
        raise UndecodableEventError("business_date is before 1900, which no entry is")
    if int(event.data.amount.replace(".", "")) != event.data.amount_minor:
        raise UndecodableEventError("amount and amount_minor are different money")
    return event


_ID: Final = UUID("019aac6e-1dba-7c4e-9a55-0242ac120002")
_RECORDED_AT: Final = datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC)

EXAMPLE: Final = EntryRecorded(
    id=_ID,
    time=_RECORDED_AT,
    subject="padaria-do-ze",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data=EntryRecordedData(
        id=_ID,
        direction="credit",
        amount="150.00",
        amount_minor=15_000,
        currency="BRL",
        business_date=date(2026, 11, 22),
        description="Venda balcão",
        category="vendas",
        recorded_at=_RECORDED_AT,
    ),
)

EVENT: Final = EventType(
    name=ENTRY_RECORDED_TYPE,
    message="entryRecorded",
    title="Entry recorded",
    summary="A merchant recorded an entry; a reversal is one too, and names the entry it reverses.",
    struct=EntryRecorded,
    example=EXAMPLE,
    channel="entries",
    sent=Operation(name="publishEntry", summary="The entries service publishes every entry."),
    received=(
        Operation(
            name="projectEntry",
            summary=f"The balances service applies every entry once, as consumer group `{DAILY_BALANCES_GROUP}`. "
            "Delivery is at least once and in no order that matters; the event's `id` tells duplicates.",
        ),
    ),
)
