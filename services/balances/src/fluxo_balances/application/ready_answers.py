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
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum

from fluxo_balances.application.ports import (
    Bulkhead,
    CacheUnavailableError,
    KeptAnswer,
    NearBalanceCache,
    ReadModelUnavailableError,
)

ReadDatabase = Callable[[], Awaitable[bytes]]
"""Reads the database and renders the answer."""


class Origin(Enum):
    """Where an answer's bytes come from."""

    CACHE = "cache"
    STALE = "cache, and the database cannot be asked whether it still holds"
    DATABASE = "database"
    DATABASE_STORED = "database, and handed to the cache"
    PAST_CACHE = "database, because the caller asked past the cache"


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    origin: Origin


class ReadyAnswers:
    """Serves ready answers from the cache, and fills it as this module's first lines tell.

    Readers of the same answer at the same time share one read. While the database is down what the cache holds is
    served and marked stale.
    """

    def __init__(
        self, cache: NearBalanceCache, bulkhead: Bulkhead, database_is_unavailable: Callable[[], bool]
    ) -> None:
        self._cache = cache
        self._bulkhead = bulkhead
        self._database_is_unavailable = database_is_unavailable
        self._flights: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    def at_hand(self, merchant_id: str, key: str) -> KeptAnswer | None:
        """Return an answer from the cache that may be served as it is, if this process holds it; asks nobody."""
        return None if self._database_is_unavailable() else self._cache.at_hand(merchant_id, key)

    async def get(self, merchant_id: str, key: str, read: ReadDatabase) -> Answer:
        """Return the merchant's answer for the key.

        Raises:
            ReadModelUnavailableError: the database is unavailable and the cache does not hold the answer.
            Exception: the bulkhead's own, when too many are waiting for the database.
        """
        found = await self._cache.look_up(merchant_id, key)
        if found.answer is not None:
            return Answer(found.answer, Origin.STALE if self._database_is_unavailable() else Origin.CACHE)
        flight = self._flights.get((merchant_id, key))
        if flight is None:
            flight = asyncio.create_task(self._fill(merchant_id, key, read, found.lease))
            self._flights[merchant_id, key] = flight
            flight.add_done_callback(lambda landed: self._land((merchant_id, key), landed))
        # Shielded: one reader that goes away must not take the others' answer with it.
        return await asyncio.shield(flight)

    def require_database(self) -> None:
        """Fail now where the database is known to be down, instead of making every reader find out by a time-out.

        Raises:
            ReadModelUnavailableError: it was unavailable when it was last looked at.
        """
        if self._database_is_unavailable():
            raise ReadModelUnavailableError

    async def past_cache(self, read: ReadDatabase) -> Answer:
        """Return what the database says now; neither read from the cache nor stored in it."""
        async with self._seat_at_database():
            return Answer(await read(), Origin.PAST_CACHE)

    async def forget(self, merchant_id: str) -> None:
        """Remove the merchant's answers from the cache, for a reader that is about to see a newer one.

        The projector does so too, a moment after it commits. Whoever reads next must not see less than this reader.
        """
        with suppress(CacheUnavailableError):
            await self._cache.invalidate([merchant_id])
        # A read that is under way may have begun before the entry was applied: nobody joins it any more.
        for flight_key in [each for each in self._flights if each[0] == merchant_id]:
            del self._flights[flight_key]

    async def _fill(self, merchant_id: str, key: str, read: ReadDatabase, lease: bytes | None) -> Answer:
        async with self._seat_at_database():
            body = await read()
        if lease is None:
            return Answer(body, Origin.DATABASE)
        await self._cache.store(merchant_id, key, body, lease)
        return Answer(body, Origin.DATABASE_STORED)

    @asynccontextmanager
    async def _seat_at_database(self) -> AsyncIterator[None]:
        self.require_database()
        async with self._bulkhead:
            yield

    def _land(self, flight_key: tuple[str, str], flight: asyncio.Task[Answer]) -> None:
        if self._flights.get(flight_key) is flight:
            del self._flights[flight_key]
        if not flight.cancelled():
            flight.exception()  # Everybody who waited may have gone: then nobody else would ask for it.
