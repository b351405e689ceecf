"""One key, one request, one answer: what every command that writes entries does the same way."""

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Final

from fluxo_entries.application.recording.ports import Journal, Outcome, Recording
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.entry import Entry
from fluxo_entries.domain.errors import EntryAlreadyReversedError, RejectedFieldsError, ReversalOfReversalError

_canonical_json: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def request_hash(operation: str, body: dict[str, str | int | None]) -> bytes:
    """Return 32 bytes that only the same operation with the same body has."""
    return hashlib.sha256(_canonical_json([operation, body]).encode("ascii")).digest()


def draft_hash(draft: Draft) -> bytes:
    """Return the hash of a request to record the draft, alone or in bulk.

    It takes the draft as it was given: an omitted date stays omitted, so that a retry after midnight is still the
    same request. An amount counts by its value, in hundredths whatever the currency: that is what stored hashes hold.
    """
    # `request_hash` of the fields, spelt out: the general encoder costs three times as much.
    day = None if draft.business_date is None else draft.business_date.isoformat()
    canonical = (
        f'["record entry",{{"amount_minor":{_hundredths(draft.amount)},"business_date":{_json(day)},'
        f'"category":{_json(draft.category)},"currency":{_json(draft.currency)},'
        f'"description":{_json(draft.description)},"direction":{_json(draft.direction)}}}]'
    )
    return hashlib.sha256(canonical.encode("ascii")).digest()


def _hundredths(amount: Decimal) -> str:
    hundredths = amount.scaleb(2)
    whole = int(hundredths)
    return str(whole) if whole == hundredths else f"{hundredths.normalize():f}"


def _json(text: str | None) -> str:
    return "null" if text is None else encode_basestring_ascii(text)


async def record_once(
    journal: Journal,
    decide: Callable[[], Entry],
    merchant_id: str,
    *,
    idempotency_key: str,
    request_hash: bytes,
    traceparent: str,
) -> Outcome:
    """Record what `decide` makes of the request, or repeat the answer that its key already has.

    What was accepted once may break a rule now (the entry is reversed meanwhile, the merchant's today has moved):
    so a key that has an answer gives that answer before any rule refuses.

    Raises:
        IdempotencyKeyReusedError: the key belongs to another request.
        EntriesError: what `decide` and the journal raise, for a key without an answer.
    """
    try:
        return await journal.append(Recording(decide(), idempotency_key, request_hash, traceparent))
    except (RejectedFieldsError, EntryAlreadyReversedError, ReversalOfReversalError):
        earlier = await journal.find(merchant_id, idempotency_key, request_hash)
        if earlier is None:
            raise
        return earlier
