from collections.abc import Awaitable

from fluxo_entries.application.recording.idempotency import draft_hash, record_once
from fluxo_entries.application.recording.ports import Clock, EntryIds, Journal, KnownMerchants, Outcome, Recording
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.entry import record
from fluxo_entries.domain.merchant import Merchant


class RecordEntry:
    """Record what came in (credit) or went out (debit).

    The entry is in the merchant's currency. Without a date it belongs to today in the merchant's time zone; a past
    date is welcome unless its day is closed, a date after today is refused. Once recorded, an entry never changes: a
    reversal corrects it.
    """

    def __init__(self, merchants: KnownMerchants, journal: Journal, clock: Clock, ids: EntryIds) -> None:
        self._merchants = merchants
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def currency_of(self, merchant_id: str) -> str:
        """Return the currency whose amounts the merchant records."""
        return (await self._merchants.get(merchant_id)).currency

    def known_merchant(self, merchant_id: str) -> Merchant | None:
        """Return the merchant's settings where they need not be asked for."""
        return self._merchants.known(merchant_id)

    def decide(self, merchant: Merchant, draft: Draft, *, idempotency_key: str, traceparent: str) -> Recording:
        """Return what `begin` takes, of what no rule refuses.

        Raises:
            RejectedFieldsError: as a call does, but for a key that has an answer, too.
        """
        entry = record(draft, merchant, self._ids.next(), self._clock.now())
        return Recording(entry, idempotency_key, draft_hash(draft), traceparent)

    def begin(self, recording: Recording) -> Awaitable[Outcome]:
        """Begin to record; the outcome, or its error, is to be waited for."""
        return self._journal.append(recording)

    async def __call__(self, merchant_id: str, draft: Draft, *, idempotency_key: str, traceparent: str) -> Outcome:
        """Return the recorded entry.

        Raises:
            RejectedFieldsError: another currency than the merchant's, or a date after its today.
            IdempotencyKeyReusedError: the key belongs to another request.
            DayClosedError: its day is closed.
            OverloadedError: too many writes wait.
            OutcomeUnknownError: whether it was recorded, only a retry with the same key can tell.
        """
        merchant = await self._merchants.get(merchant_id)
        return await record_once(
            self._journal,
            lambda: record(draft, merchant, self._ids.next(), self._clock.now()),
            merchant_id,
            idempotency_key=idempotency_key,
            request_hash=draft_hash(draft),
            traceparent=traceparent,
        )
