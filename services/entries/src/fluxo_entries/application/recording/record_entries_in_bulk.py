from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from fluxo_entries.application.cooperative import in_pieces
from fluxo_entries.application.recording.idempotency import draft_hash
from fluxo_entries.application.recording.ports import Clock, EntryIds, Journal, Merchants, Outcome, Recording
from fluxo_entries.domain.day_close import first_open_day
from fluxo_entries.domain.draft import Draft
from fluxo_entries.domain.entry import record
from fluxo_entries.domain.errors import (
    DayClosedError,
    IdempotencyKeyRepeatedError,
    IdempotencyKeyReusedError,
    ItemsInClosedDaysError,
    RejectedFieldsError,
    RejectedItemsError,
    ReusedKeysError,
)
from fluxo_entries.domain.merchant import Merchant


class BulkItem(NamedTuple):
    idempotency_key: str
    draft: Draft


ItemResult = Outcome | RejectedFieldsError | IdempotencyKeyReusedError | DayClosedError
"""What became of one item: its entry, or why there is none."""


class RecordEntriesInBulk:
    """Record up to 10,000 entries with one request, each under an idempotency key of its own.

    `atomic`: all of them or none. `partial`: each that keeps the rules, and for each other the reason, in the order
    given. `check`: nothing is recorded, and no key is looked at; for each item whether it keeps the rules, and else
    the reason. An item is the same request as a single entry with the same key and body: sent again, alone or in bulk,
    it is answered with what was stored.
    """

    def __init__(self, merchants: Merchants, journal: Journal, clock: Clock, ids: EntryIds) -> None:
        self._merchants = merchants
        self._journal = journal
        self._clock = clock
        self._ids = ids

    async def currency_of(self, merchant_id: str) -> str:
        """Return the currency whose amounts the merchant records."""
        return (await self._merchants.get(merchant_id)).currency

    async def atomic(self, merchant_id: str, items: Sequence[BulkItem], *, traceparent: str) -> list[Outcome]:
        """Return the entries in the order given.

        Raises:
            RejectedItemsError: items break a rule; nothing was recorded.
            ReusedKeysError: keys belong to other entries; nothing was recorded.
            ItemsInClosedDaysError: items lie in closed days; nothing was recorded.
            OverloadedError: too many writes wait.
            OutcomeUnknownError: whether they were recorded, only a retry with the same keys can tell.
        """
        recordings, rejected = await self._decide(merchant_id, items, traceparent)
        earlier = await self._earlier(merchant_id, items, rejected)
        if any(not isinstance(earlier.get(index), Outcome) for index in rejected):
            raise RejectedItemsError(rejected)
        results: dict[int, ItemResult] = {**earlier, **await self._append(recordings, atomic=True)}
        outcomes: list[Outcome] = []
        async for piece in in_pieces(range(len(items))):
            outcomes += [each for index in piece if isinstance(each := results[index], Outcome)]
        if len(outcomes) < len(items):
            raise _refusal(items, results)
        return outcomes

    async def partial(self, merchant_id: str, items: Sequence[BulkItem], *, traceparent: str) -> list[ItemResult]:
        """Return what became of each item, in the order given.

        Raises:
            OverloadedError: too many writes wait.
            OutcomeUnknownError: whether they were recorded, only a retry with the same keys can tell.
        """
        recordings, rejected = await self._decide(merchant_id, items, traceparent)
        recorded = await self._append(recordings, atomic=False)
        results = {**rejected, **recorded, **await self._earlier(merchant_id, items, rejected)}
        results |= _reused(items, results)
        return [results[index] for index in range(len(items))]

    async def check(
        self, merchant_id: str, items: Sequence[BulkItem]
    ) -> list[RejectedFieldsError | DayClosedError | None]:
        """Return the reason why an item would be refused, None for one that keeps the rules, in the order given."""
        recordings, rejected = await self._decide(merchant_id, items, traceparent="")
        closed_through = (await self._merchants.get(merchant_id)).closed_through
        closed = {
            index: DayClosedError(first_open_day(closed_through))
            for index, recording in recordings.items()
            if closed_through is not None and recording.entry.business_date <= closed_through
        }
        return [rejected.get(index) or closed.get(index) for index in range(len(items))]

    async def _decide(
        self, merchant_id: str, items: Sequence[BulkItem], traceparent: str
    ) -> tuple[dict[int, Recording], dict[int, RejectedFieldsError]]:
        merchant, now = await self._merchants.get(merchant_id), self._clock.now()
        recordings: dict[int, Recording] = {}
        rejected: dict[int, RejectedFieldsError] = {}
        async for piece in in_pieces(enumerate(items)):
            for index, item in piece:
                try:
                    recordings[index] = self._recording(item, merchant, now, traceparent)
                except RejectedFieldsError as error:
                    rejected[index] = error
        return recordings, rejected

    def _recording(self, item: BulkItem, merchant: Merchant, now: datetime, traceparent: str) -> Recording:
        return Recording(
            entry=record(item.draft, merchant, self._ids.next(), now),
            idempotency_key=item.idempotency_key,
            request_hash=draft_hash(item.draft),
            traceparent=traceparent,
        )

    async def _append(
        self, recordings: dict[int, Recording], *, atomic: bool
    ) -> dict[int, Outcome | IdempotencyKeyReusedError | DayClosedError]:
        if not recordings:
            return {}
        outcomes = await self._journal.append_all(list(recordings.values()), atomic=atomic)
        results: dict[int, Outcome | IdempotencyKeyReusedError | DayClosedError] = {}
        async for piece in in_pieces(zip(recordings, outcomes, strict=True)):
            results.update(piece)
        return results

    async def _earlier(
        self, merchant_id: str, items: Sequence[BulkItem], rejected: Iterable[int]
    ) -> dict[int, Outcome | IdempotencyKeyReusedError]:
        """Return what keys of items that are rejected now were used for earlier."""
        earlier: dict[int, Outcome | IdempotencyKeyReusedError] = {}
        for index in rejected:
            key, draft = items[index]
            try:
                outcome = await self._journal.find(merchant_id, key, draft_hash(draft))
            except IdempotencyKeyReusedError as error:
                earlier[index] = error
            else:
                if outcome is not None:
                    earlier[index] = outcome
        return earlier


def _refusal(items: Sequence[BulkItem], results: Mapping[int, ItemResult]) -> ReusedKeysError | ItemsInClosedDaysError:
    """Return why none was recorded."""
    if reused := _reused(items, results):
        return ReusedKeysError(reused)
    closed = {index: each for index, each in results.items() if isinstance(each, DayClosedError)}
    return ItemsInClosedDaysError(dict(sorted(closed.items())))


def _reused(items: Sequence[BulkItem], results: Mapping[int, ItemResult]) -> dict[int, IdempotencyKeyReusedError]:
    """Return, by position, what is wrong with keys of other entries: of an earlier request, or of this very bulk."""
    reused = {index: each for index, each in results.items() if isinstance(each, IdempotencyKeyReusedError)}
    if not reused:
        return {}
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        before = first.setdefault(item.idempotency_key, index)
        outcome = results[before]
        if index in reused and isinstance(outcome, Outcome) and not outcome.replayed:
            reused[index] = IdempotencyKeyRepeatedError(item.idempotency_key, before)
    return dict(sorted(reused.items()))
