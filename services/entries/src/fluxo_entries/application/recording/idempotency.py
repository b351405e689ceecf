"""One key, one request, one answer: what every command that writes entries does the same way."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Final, NamedTuple

from fluxo_entries.application.recording.ports import Disposition, Journal, Outcome, Recording
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.errors import (
    EntryAlreadyReversedError,
    IdempotencyKeyReusedError,
    RejectedFieldsError,
    ReversalOfReversalError,
)

_canonical_json: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Answer(NamedTuple):
    """The entry as it was recorded; `replayed` when an earlier request with the same key did it."""

    entry: Entry
    replayed: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a merchant under its key; `traceparent` goes with the entry to wherever its event goes."""

    merchant_id: str
    idempotency_key: str
    request_hash: bytes
    traceparent: str


def request_hash(operation: str, body: dict[str, str | int | None]) -> bytes:
    """Return 32 bytes that only the same operation with the same body has."""
    return hashlib.sha256(_canonical_json([operation, body]).encode("ascii")).digest()


def draft_hash(draft: Draft) -> bytes:
    """Return the hash of a request to record the draft, alone or in bulk.

    It takes the draft as it was given: an omitted date stays omitted, so that a retry after midnight is still the
    same request.
    """
    # `request_hash` of the fields, spelt out: the general encoder costs three times as much.
    day = None if draft.business_date is None else draft.business_date.isoformat()
    canonical = (
        f'["record entry",{{"amount_minor":{draft.amount_minor},"business_date":{_json(day)},'
        f'"category":{_json(draft.category)},"currency":{_json(draft.currency)},'
        f'"description":{_json(draft.description)},"direction":{_json(draft.direction)}}}]'
    )
    return hashlib.sha256(canonical.encode("ascii")).digest()


def _json(text: str | None) -> str:
    return "null" if text is None else encode_basestring_ascii(text)


async def record_once(journal: Journal, attempt: Attempt, decide: Callable[[], Entry]) -> Answer:
    """Record what `decide` makes of the request, or repeat the answer that its key already has.

    What was accepted once may break a rule now (the entry is reversed meanwhile, the merchant's today has moved):
    so a key that has an answer gives that answer before any rule refuses.

    Raises:
        IdempotencyKeyReusedError: the key belongs to another request.
        EntriesError: what `decide` and the journal raise, for a key without an answer.
    """
    try:
        outcome = await journal.append(
            Recording(
                entry=decide(),
                idempotency_key=attempt.idempotency_key,
                request_hash=attempt.request_hash,
                traceparent=attempt.traceparent,
            )
        )
    except (RejectedFieldsError, EntryAlreadyReversedError, ReversalOfReversalError):
        earlier = await journal.find(attempt.merchant_id, attempt.idempotency_key, attempt.request_hash)
        if earlier is None:
            raise
        outcome = earlier
    return answer_of(outcome, attempt.idempotency_key)


def answer_of(outcome: Outcome, idempotency_key: str) -> Answer:
    """Return the answer that an outcome means.

    Raises:
        IdempotencyKeyReusedError: the key belongs to another request.
    """
    if outcome.entry is None:
        raise IdempotencyKeyReusedError(idempotency_key)
    return Answer(outcome.entry, replayed=outcome.disposition is Disposition.REPLAYED)
