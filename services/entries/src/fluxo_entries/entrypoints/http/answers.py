"""What callers get: each shape stands here once, for the documentation, the type checker and the answer itself."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Literal, NotRequired
from uuid import UUID

import orjson
from fastapi import Response
from fluxo_chassis.http.fast.ready_answer import ReadyAnswer
from fluxo_chassis.problems import PROBLEM_SCHEMA_REF
from fluxo_contracts.currencies import money_in
from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.domain.api_key import ApiKey
from fluxo_entries.domain.day_close import DayClose
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.merchant import Merchant
from fluxo_entries.domain.seal import Seal, Signature

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-22T14:32:10.123456Z"])]
EntryId = Annotated[UUID, Field(examples=["019ac5a0-7d3e-7c44-b0b1-6c1a2f3e4d5c"])]


class EntryAnswer(TypedDict):
    """An entry. It never changes; `reversed_by` alone may be filled later."""

    id: EntryId
    direction: Literal["credit", "debit"]
    amount: Annotated[str, Field(pattern=r"^[0-9]{1,12}(?:\.[0-9]{2,4})?$", examples=["150.00"])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["BRL"])]
    business_date: Annotated[date, Field(examples=["2026-11-22"])]
    description: str
    category: str | None
    reverses: Annotated[EntryId | None, Field(description="The entry that this one undoes.")]
    reversed_by: Annotated[EntryId | None, Field(description="The entry that undoes this one.")]
    recorded_at: Instant


class PageAnswer(TypedDict):
    """Entries, newest business date first."""

    items: list[EntryAnswer]
    next: Annotated[str | None, Field(description="Send it as `cursor` for the next page; null on the last one.")]


class BulkAnswer(TypedDict):
    """Every entry of an atomic bulk, in the order given."""

    items: list[EntryAnswer]


class RecordedItem(TypedDict):
    """The item was recorded: now, or (`replayed`) by an earlier request with the same key."""

    status: Literal[201]
    entry: EntryAnswer
    replayed: NotRequired[Literal[True]]


class RefusedItem(TypedDict):
    """The item was not recorded; the problem is the one a single entry would get, pointers relative to the item."""

    status: Annotated[Literal[409, 422], Field(description="409 where its day is closed.")]
    problem: Annotated[dict[str, object], WithJsonSchema({"allOf": [{"$ref": PROBLEM_SCHEMA_REF}]})]


class PartialBulkAnswer(TypedDict):
    """What became of each item of a partial bulk, in the order given."""

    items: list[RecordedItem | RefusedItem]


class GoodItem(TypedDict):
    """The item keeps the rules; nothing was recorded."""

    status: Literal[200]


class CheckedBulkAnswer(TypedDict):
    """Which items of a bulk that was only checked could be recorded, in the order given."""

    items: list[GoodItem | RefusedItem]


class MerchantAnswer(TypedDict):
    """The merchant's settings."""

    merchant_id: str
    name: str
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["BRL"])]
    time_zone: Annotated[str, Field(examples=["America/Sao_Paulo"])]


class ApiKeyAnswer(TypedDict):
    """An API key without its secret."""

    id: Annotated[UUID, Field(description="The key begins with it, without its hyphens.")]
    name: str
    scopes: list[str]
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Annotated[Instant | None, Field(description="In this service, to a minute.")]


class NewApiKeyAnswer(ApiKeyAnswer):
    """An API key as it was made, the only time that it is shown."""

    key: Annotated[str, Field(description="What goes into `Authorization: Bearer …`.")]


class ApiKeysAnswer(TypedDict):
    """API keys that are not revoked, newest first."""

    items: list[ApiKeyAnswer]


class DayCloseAnswer(TypedDict):
    """A line of the trail; it never changes."""

    number: Annotated[int, Field(ge=1, description="Of the line, from 1.")]
    action: Literal["closed", "reopened"]
    date: Annotated[date, Field(examples=["2026-11-22"])]
    closed_through: Annotated[date | None, Field(description="All up to this day has been closed since.")]
    by: Annotated[str, Field(description="Who: the token's `sub`.")]
    at: Instant
    reason: Annotated[str | None, Field(description="Why it was reopened.")]
    closing_balance: Annotated[
        str,
        Field(pattern=r"^-?[0-9]+(?:\.[0-9]{2,4})?$", examples=["230.00"], description="What the day was closed with."),
    ]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["BRL"])]


class DayClosesAnswer(TypedDict):
    """What is closed, and how it came to be so: newest first."""

    closed_through: Annotated[date | None, Field(description="All up to this day is closed; null where nothing is.")]
    items: list[DayCloseAnswer]


Hexadecimal = Annotated[str, Field(pattern="^(?:[0-9a-f]{2})+$")]


class SealAnswer(TypedDict):
    """The end of the chain over the merchant's entries."""

    merchant_id: str
    number: Annotated[int, Field(ge=1, description="Of the chain's last block, from 1.")]
    entry_count: Annotated[int, Field(ge=1, description="How many entries are in the chain.")]
    up_to: Annotated[
        str,
        Field(
            json_schema_extra={"format": "date-time"},
            examples=["2026-11-22T14:32:10.123456Z"],
            description="The newest `recorded_at` in it.",
        ),
    ]
    seal: Annotated[Hexadecimal, Field(description="SHA-256.")]
    signature: Annotated[Hexadecimal, Field(description="Ed25519.")]
    public_key: Annotated[Hexadecimal, Field(description="What proves the signature: ask for it once, and keep it.")]
    key_id: Annotated[Hexadecimal, Field(description="The first 8 bytes of the public key's SHA-256.")]


REPLAYED = {"Idempotent-Replayed": "true"}


def json_answer(
    status: int,
    content: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    return json_bytes(status, encode(content), headers)


def json_bytes(status: int, content: bytes, headers: Mapping[str, str] | None) -> Response:
    return Response(content, status, headers, "application/json")


def recorded_answer(outcome: Outcome) -> Response:
    """Return 201 with the entry as it was recorded: a replay says the same, byte for byte, but for a header."""
    headers = {"Location": f"/v1/entries/{outcome.entry.id}"}
    return json_answer(201, entry_answer(outcome.entry), headers | REPLAYED if outcome.replayed else headers)


def recorded_at_once(outcome: Outcome, route: str) -> ReadyAnswer:
    """Return the same without the framework's response, which costs as much again."""
    entry = outcome.entry
    content = encode(entry_answer(entry))
    replayed = "idempotent-replayed: true\r\n" if outcome.replayed else ""
    head = (
        f"location: /v1/entries/{entry.id}\r\n{replayed}content-length: {len(content)}\r\n"
        "content-type: application/json\r\ncache-control: private, no-store\r\n"
    )
    return ReadyAnswer(201, route, entry.merchant_id, head.encode(), content)


def entry_answer(entry: Entry, reversed_by: UUID | None = None) -> EntryAnswer:
    return {
        "id": entry.id,
        "direction": entry.direction.value,
        "amount": money_in(entry.currency)(entry.amount_minor),
        "currency": entry.currency,
        "business_date": entry.business_date,
        "description": entry.description,
        "category": entry.category,
        "reverses": entry.reverses,
        "reversed_by": reversed_by,
        "recorded_at": instant(entry.recorded_at),
    }


def merchant_answer(merchant: Merchant) -> MerchantAnswer:
    return {
        "merchant_id": merchant.merchant_id,
        "name": merchant.name,
        "currency": merchant.currency,
        "time_zone": merchant.time_zone,
    }


def api_key_answer(api_key: ApiKey) -> ApiKeyAnswer:
    return {
        "id": api_key.id,
        "name": api_key.name,
        "scopes": list(api_key.scopes),
        "created_at": instant(api_key.created_at),
        "expires_at": None if api_key.expires_at is None else instant(api_key.expires_at),
        "last_used_at": None if api_key.last_used_at is None else instant(api_key.last_used_at),
    }


def day_close_answer(day_close: DayClose) -> DayCloseAnswer:
    return {
        "number": day_close.number,
        "action": day_close.action,
        "date": day_close.day,
        "closed_through": day_close.closed_through,
        "by": day_close.by,
        "at": instant(day_close.at),
        "reason": day_close.reason,
        "closing_balance": money_in(day_close.currency)(day_close.closing_balance_minor),
        "currency": day_close.currency,
    }


def seal_answer(seal: Seal, signature: Signature) -> SealAnswer:
    return {
        "merchant_id": seal.merchant_id,
        "number": seal.number,
        "entry_count": seal.entry_count,
        "up_to": instant(seal.up_to),
        "seal": seal.digest.hex(),
        "signature": signature.signature.hex(),
        "public_key": signature.public_key.hex(),
        "key_id": signature.key_id,
    }


def encode(content: object) -> bytes:
    return orjson.dumps(content, default=_text_of_id)


def _text_of_id(value: object) -> str:
    # Ids that come from the database are of the driver's own class, which the encoder does not know.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not for an answer")


@lru_cache(maxsize=64)
def instant(instant: datetime) -> str:
    """Return the instant in UTC with all six decimals, so that equal instants read equal.

    Remembered for a while: all entries of a bulk have the same.
    """
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
