"""How a read comes by its answer: the first one asks the database, the next ones the cache.

Done naively that loses a race, and the loser serves a wrong balance for an hour:

    reader                         projector
    finds nothing in the cache
    reads the database (old)
                                   applies an entry, commits
                                   removes the answers from the cache
    stores what it read (old)

So a reader gets a lease before it reads the database and stores only if its lease still stands; the projector
removes answers and lease together. Above, the lease is gone by the time the reader stores, and nothing is stored.
Losing a lease for any other reason costs one more read of the database and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final, Protocol

from fluxo_chassis.resilience import Bulkhead

from fluxo_balances.application.ports import AnswerInvalidation, ReadModelUnavailableError
from fluxo_balances.entrypoints.http.conditional_response import Answer, CachedResponses, Origin

LONG_RUNNING_MAX: Final = 2
LONG_WAITING_MAX: Final = 100
LONG_WAIT_MAX_S: Final = 1.0
"""Of reads that take long, one of a merchant at a time: each renders for some ten milliseconds in one go."""

Read = Callable[[], Awaitable[bytes]]
"""Queries the database and renders the answer."""


class AnswerStore(AnswerInvalidation, Protocol):
    """Rendered answers shared by all instances, one hour at the most, removed as soon as an entry is applied.

    Whoever looks an answer up gets the merchant's lease with it. Only under a lease that still stands may be stored,
    and an update takes it away: so an answer read before an update can never be stored after it. A store that is
    unavailable behaves as one that is empty and stores nothing.

    What was asked for lately is kept in this process too, for a second at the most. What an update removes goes from
    here as soon as this process hears of it, and at once when this process itself removes it.
    """

    def peek(self, merchant_id: str, key: str) -> CachedResponses | None:
        """Return the stored answer if this process holds it; asks nobody."""

    async def look_up(self, merchant_id: str, key: str) -> tuple[bytes | None, bytes | None]:
        """Return the stored answer, and the lease to store one with: it is older than all that is read after this.

        Both are None when the store is unavailable; there may be no lease beside an answer.
        """

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: bytes) -> None:
        """Hand the answer to the store, which keeps it if the lease still stands when it gets there."""


class AnswerCache:
    """Serves answers from the store, and fills it as this module's first lines tell.

    Readers of the same answer at the same time share one read, which holds one slot: for days, which share
    statements, there are more than for ranges. While the database is down what the store holds is served and marked
    stale.
    """

    def __init__(
        self,
        store: AnswerStore,
        for_days: Bulkhead,
        for_ranges: Bulkhead,
        database_is_unavailable: Callable[[], bool],
    ) -> None:
        self._store = store
        self._for_days = for_days
        self._for_ranges = for_ranges
        self._long_reads = Bulkhead(
            "balances-long-reads",
            running_max=LONG_RUNNING_MAX,
            tenant_running_max=1,
            waiting_max=LONG_WAITING_MAX,
            wait_max_s=LONG_WAIT_MAX_S,
        )
        self._database_is_unavailable = database_is_unavailable
        self._reads: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    def peek(self, merchant_id: str, key: str) -> CachedResponses | None:
        """Return an answer that may be served as it is, if this process holds it; asks nobody."""
        return None if self._database_is_unavailable() else self._store.peek(merchant_id, key)

    async def get(self, merchant_id: str, key: str, read: Read, *, is_day: bool = False) -> Answer:
        """Return the merchant's answer for the key.

        Raises:
            ReadModelUnavailableError: the database is unavailable and the store does not hold the answer.
            BulkheadFull: too many are waiting for the database.
        """
        stored, lease = await self._store.look_up(merchant_id, key)
        if stored is not None:
            return Answer(stored, Origin.STALE if self._database_is_unavailable() else Origin.CACHE)
        shared = self._reads.get((merchant_id, key))
        if shared is None:
            shared = asyncio.create_task(self._fill(merchant_id, key, read, lease, is_day=is_day))
            self._reads[merchant_id, key] = shared
            shared.add_done_callback(lambda done: self._forget_read((merchant_id, key), done))
        # Shielded: one reader that goes away must not take the others' answer with it.
        return await asyncio.shield(shared)

    def require_database(self) -> None:
        """Fail now where the database is known to be down, instead of making every reader find out by a time-out.

        Raises:
            ReadModelUnavailableError: it was unavailable when it was last looked at.
        """
        if self._database_is_unavailable():
            raise ReadModelUnavailableError

    async def bypass(self, merchant_id: str, read: Read, *, is_day: bool = False, is_long: bool = False) -> Answer:
        """Return what the database says now; neither read from the store nor put there."""
        self.require_database()
        turn = self._long_reads.slot(merchant_id) if is_long else nullcontext()
        async with turn, self._slot_at_database(merchant_id, is_day=is_day):
            return Answer(await read(), Origin.BYPASS)

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove the merchants' answers. Reads that are under way may be older: nobody joins them any more.

        Raises:
            CacheUnavailableError: the shared answers could not be removed.
        """
        try:
            await self._store.invalidate(merchant_ids)
        finally:
            for read in [each for each in self._reads if each[0] in merchant_ids]:
                del self._reads[read]

    async def _fill(self, merchant_id: str, key: str, read: Read, lease: bytes | None, *, is_day: bool) -> Answer:
        async with self._slot_at_database(merchant_id, is_day=is_day):
            body = await read()
        if lease is None:
            return Answer(body, Origin.DATABASE)
        await self._store.store(merchant_id, key, body, lease)
        return Answer(body, Origin.DATABASE_STORED)

    def _slot_at_database(self, merchant_id: str, *, is_day: bool) -> AbstractAsyncContextManager[None]:
        self.require_database()
        return (self._for_days if is_day else self._for_ranges).slot(merchant_id)

    def _forget_read(self, key: tuple[str, str], read: asyncio.Task[Answer]) -> None:
        if self._reads.get(key) is read:
            del self._reads[key]
        if not read.cancelled():
            read.exception()  # Everybody who waited may have gone: then nobody else would ask for it.
