from datetime import date
from uuid import UUID

from fluxo_entries.application.recording.idempotency import record_once, request_hash
from fluxo_entries.application.recording.ports import (
    Clock,
    Entries,
    EntryIds,
    Journal,
    Merchants,
    Outcome,
    RecordedEntry,
)
from fluxo_entries.domain.entry import Entry, reverse
from fluxo_entries.domain.errors import EntryAlreadyReversedError, EntryNotFoundError
from fluxo_entries.domain.merchant import Merchant


class ReverseEntry:
    """Undo an entry by a new one that points at it: opposite direction, same amount, same category.

    The reversal is dated like its original, which is always allowed but where that day is closed, or as the body says:
    after the original and not after today. An entry is reversed once at most, and a reversal is never reversed.
    """

    def __init__(self, entries: Entries, merchants: Merchants, journal: Journal, clock: Clock, ids: EntryIds) -> None:
        self._entries = entries
        self._merchants = merchants
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def __call__(
        self,
        merchant_id: str,
        entry_id: UUID,
        reason: str,
        business_date: date | None,
        *,
        idempotency_key: str,
        traceparent: str,
    ) -> Outcome:
        """Return the reversal.

        Raises:
            EntryNotFoundError: the merchant has no such entry.
            EntryAlreadyReversedError: another reversal points at it.
            ReversalOfReversalError: it is itself a reversal.
            RejectedFieldsError: a date before the original's, or after the merchant's today.
            IdempotencyKeyReusedError: the key belongs to another request.
            DayClosedError: its day is closed.
            OverloadedError: too many writes wait.
            OutcomeUnknownError: whether it was recorded, only a retry with the same key can tell.
        """
        original = await self._entries.get(merchant_id, entry_id)
        if original is None:
            raise EntryNotFoundError(entry_id)
        merchant = await self._merchants.get(merchant_id)
        return await record_once(
            self._journal,
            lambda: self._decide(original, reason, business_date, merchant),
            merchant_id,
            idempotency_key=idempotency_key,
            request_hash=_hash(entry_id, reason, business_date),
            traceparent=traceparent,
        )

    def _decide(self, original: RecordedEntry, reason: str, business_date: date | None, merchant: Merchant) -> Entry:
        if original.reversed_by is not None:
            raise EntryAlreadyReversedError(original.entry.id)
        return reverse(original.entry, reason, business_date, merchant, self._ids.next(), self._clock.now())


def _hash(entry_id: UUID, reason: str, business_date: date | None) -> bytes:
    return request_hash(
        "reverse entry",
        {
            "entry_id": str(entry_id),
            "reason": reason,
            "business_date": None if business_date is None else business_date.isoformat(),
        },
    )
