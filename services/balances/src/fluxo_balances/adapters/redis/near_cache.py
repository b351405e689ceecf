import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self, cast

import structlog
from fluxo_chassis.resilience import Backoff
from prometheus_client import Counter, Gauge
from redis.exceptions import RedisError

from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache, key_of, merchant_of
from fluxo_balances.adapters.redis.near_answers import NearAnswers
from fluxo_balances.adapters.redis.tracked_connection import TrackedConnection, open_tracked
from fluxo_balances.application.ports import KeptAnswer

log = structlog.get_logger(__name__)

PING_EVERY_S: Final = 0.25
"""A connection that has gone silent is found out while nobody asks, too."""

lookups_total = Counter("balance_near_cache_lookups_total", "Answers looked for in this process.", ["outcome"])
_hits, _misses = lookups_total.labels("hit"), lookups_total.labels("miss")
invalidations_total = Counter("balance_near_cache_invalidations_total", "Merchants whose answers had to go.")
is_tracking = Gauge("balance_near_cache_is_tracking", "1 while the cache tells of changes; else nothing is kept.")
entries = Gauge("balance_near_cache_entries", "Answers kept in this process.")
size_bytes = Gauge("balance_near_cache_bytes", "What they take up.")


class NearBalanceCache:
    """The balance cache with the answers of the last second kept in this process, ready to be sent.

    The server tells of every change of a merchant's hash (client tracking); without that, nothing is kept and the cache
    behind is asked each time. Enter it to let it connect; it connects again whenever it has to.
    """

    def __init__(self, behind: RedisBalanceCache, url: str, timeout_s: float) -> None:
        self.behind = behind
        self._url = url
        self._timeout_s = timeout_s
        self._near = NearAnswers()
        self._connection: TrackedConnection | None = None
        self._keeper: asyncio.Task[None] | None = None
        entries.set_function(self._near.count)
        size_bytes.set_function(lambda: self._near.size)

    async def __aenter__(self) -> Self:
        self._keeper = asyncio.create_task(self._stay_connected(), name="near-cache")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])

    def at_hand(self, merchant_id: str, key: str) -> KeptAnswer | None:
        kept = self._near.find(merchant_id, key)
        if kept is not None:
            _hits.inc()
        return kept

    async def get(self, merchant_id: str, key: str) -> bytes | None:
        kept = self.at_hand(merchant_id, key)
        if kept is not None:
            return kept.body
        _misses.inc()
        connection = self._connection
        if connection is None:
            return await self.behind.get(merchant_id, key)
        shelf = self._near.shelf(merchant_id)
        try:
            body = cast("bytes | None", await connection.ask("HGET", key_of(merchant_id), key))
        except TimeoutError:
            return None  # The same server would take as long again.
        except (OSError, RedisError):
            return await self.behind.get(merchant_id, key)
        if body is not None:
            self._near.keep(merchant_id, shelf, key, body)
        return body

    async def lease(self, merchant_id: str, key: str) -> str | None:
        return await self.behind.lease(merchant_id, key)

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: str) -> None:
        await self.behind.store(merchant_id, key, answer, lease)

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove every answer and every lease of the merchants; here at once, in other processes as soon as they hear.

        Raises:
            CacheUnavailableError: the shared cache could not do it. Here they are gone all the same.
        """
        try:
            await self.behind.invalidate(merchant_ids)
        finally:
            # After the shared ones: until then an older answer can still be fetched.
            for merchant_id in merchant_ids:
                self._near.drop(merchant_id)

    async def _stay_connected(self) -> None:
        backoff = Backoff(0.05, 2.0)
        has_said_so = False
        while True:
            try:
                connection = await open_tracked(
                    self._url,
                    timeout_s=self._timeout_s,
                    on_invalidated=self._drop,
                    on_lost=self._stop_keeping,
                )
                self._start_keeping(connection)
                log.info("the near cache tracks changes")
                has_said_so = False
                backoff.reset()
                while True:
                    await asyncio.sleep(PING_EVERY_S)
                    await connection.ask("PING")
            except (OSError, RedisError) as error:
                if not has_said_so:
                    log.warning("the near cache cannot track changes", **{"error.type": type(error).__name__})
                has_said_so = True
            finally:
                if self._connection is not None:
                    self._connection.abort()
            await asyncio.sleep(backoff.next())

    def _drop(self, keys: Sequence[bytes] | None) -> None:
        if keys is None:
            self._near.clear()
            return
        invalidations_total.inc(len(keys))
        for key in keys:
            self._near.drop(merchant_of(key))

    def _start_keeping(self, connection: TrackedConnection) -> None:
        if connection.is_lost:
            raise ConnectionResetError  # In the moment after it began to track: nobody would say so again.
        self._connection = connection
        self._near.open()
        is_tracking.set(1)

    def _stop_keeping(self) -> None:
        self._connection = None
        self._near.close()
        is_tracking.set(0)
