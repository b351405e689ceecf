"""The event that a recorded entry (a reversal is one too) becomes."""

import re
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

AMOUNT: Final = r"^[0-9]{1,12}(\.[0-9]{2,4})?\Z"
CURRENCY: Final = r"^[A-Z]{3}\Z"
MERCHANT_ID: Final = r"^[A-Za-z0-9._:-]{1,64}\Z"

Currency = Annotated[str, msgspec.Meta(pattern=CURRENCY, description="ISO 4217.")]
MerchantId = Annotated[str, msgspec.Meta(pattern=MERCHANT_ID, description="The merchant.")]

# The same in the schema. Of this event, the most frequent, `decode` looks at them itself: msgspec takes four times as
# long for a pattern.
_Amount = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": AMOUNT})]
_Currency = Annotated[str, msgspec.Meta(description="ISO 4217.", extra_json_schema={"pattern": CURRENCY})]
_MerchantId = Annotated[str, msgspec.Meta(description="The merchant.", extra_json_schema={"pattern": MERCHANT_ID})]


FIRST_DATE: Final = date(1900, 1, 1)
"""No entry counts for an earlier day."""


class EntryRecordedData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The entry as it was recorded; amounts both as integer minor units and as a decimal string.

    How many decimals the minor units stand for is the currency's to say (ISO 4217): 0, 2, 3 or 4.
    """

    id: UUID
    direction: Literal["credit", "debit"]
    amount: _Amount
    amount_minor: AmountMinor
    currency: _Currency
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
    subject: _MerchantId
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: EntryRecordedData


_decode: Final = decoder_of(EntryRecorded, ENTRY_RECORDED_TYPE)
_is_amount: Final = re.compile(AMOUNT).match
_is_currency: Final = re.compile(CURRENCY).match
_is_merchant_id: Final = re.compile(MERCHANT_ID).match


def decode(payload: bytes) -> EntryRecorded:
    """Return the event; unknown fields are ignored, so that a newer producer may add some.

    Raises:
        UndecodableEventError: malformed JSON, a missing field, a wrong type or value, an event at odds with
            itself (the envelope's id and instant must be the entry's, amount and amount_minor the same money) or dated
            before 1900.
        OtherEventError: an event of another type, or of a newer version of this one.
    """
    event = _decode(payload)
    entry = event.data
    if not _is_merchant_id(event.subject):
        raise _mismatch(MERCHANT_ID, "$.subject")
    if not _is_amount(entry.amount):
        raise _mismatch(AMOUNT, "$.data.amount")
    if not _is_currency(entry.currency):
        raise _mismatch(CURRENCY, "$.data.currency")
    if event.id != entry.id:
        raise UndecodableEventError("the envelope's id is not the entry's id")
    if event.time != entry.recorded_at:
        raise UndecodableEventError("the envelope's time is not the entry's recorded_at")
    if entry.business_date < FIRST_DATE:
        raise UndecodableEventError("business_date is before 1900, which no entry is")
    if int(entry.amount.replace(".", "")) != entry.amount_minor:
        raise UndecodableEventError("amount and amount_minor are different money")
    return event


def _mismatch(pattern: str, place: str) -> UndecodableEventError:
    """Return what msgspec says of a text that does not match."""
    return UndecodableEventError(f"Expected `str` matching regex {pattern!r} - at `{place}`")


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
