"""The event that a recorded entry (a reversal is one too) becomes."""

from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

ENTRY_RECORDED_TYPE: Final = "fluxo.entry.recorded.v1"
ENTRIES_SOURCE: Final = "/fluxo/entries"

AmountMinor = Annotated[int, msgspec.Meta(gt=0, le=99_999_999_999_999, description="Minor units (cents).")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217.")]
MerchantId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z", description="The merchant.")]
Instant = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339, in UTC.")]


class EntryRecordedData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The entry as it was recorded; amounts both as integer minor units and as a decimal string."""

    id: UUID
    direction: Literal["credit", "debit"]
    amount: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}\.[0-9]{2}\Z")]
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


class UndecodableEventError(ValueError):
    """The bytes are no EntryRecorded; the message says where and why, and holds no payload."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(EntryRecorded)


class _Traced(msgspec.Struct):
    traceparent: str | None = None


_traced_decoder = msgspec.json.Decoder(_Traced)


def encode(event: EntryRecorded) -> bytes:
    """Return the event as UTF-8 JSON, instants in UTC ending in Z."""
    return _encoder.encode(event)


def decode(payload: bytes) -> EntryRecorded:
    """Return the event; unknown fields are ignored, so that a newer producer may add some.

    Raises:
        UndecodableEventError: malformed JSON, a missing field, a wrong type or value, or an event at odds with
            itself (the envelope's id and instant must be the entry's, amount and amount_minor the same money).
    """
    try:
        event = _decoder.decode(payload)
    except (ValueError, RecursionError) as error:
        # Malformed or invalid JSON, bad UTF-8, and nesting without an end.
        raise UndecodableEventError(str(error)) from error
    if event.id != event.data.id:
        raise UndecodableEventError("the envelope's id is not the entry's id")
    if event.time != event.data.recorded_at:
        raise UndecodableEventError("the envelope's time is not the entry's recorded_at")
    if int(event.data.amount.replace(".", "")) != event.data.amount_minor:
        raise UndecodableEventError("amount and amount_minor are different money")
    return event


def traceparent_of(payload: bytes | None) -> str | None:
    """Return the trace of the request that recorded the entry; None also for a payload that cannot be decoded."""
    try:
        return _traced_decoder.decode(payload or b"{}").traceparent
    except (ValueError, RecursionError):
        return None


def utc(instant: datetime) -> datetime:
    """Return the instant in UTC, as events carry it."""
    return instant.astimezone(UTC)
