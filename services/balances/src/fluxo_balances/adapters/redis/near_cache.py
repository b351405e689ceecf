import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, Self

import structlog
from fluxo_chassis.redis import RedisClient, RedisConnection, RedisError, RedisUnavailableError
from fluxo_chassis.resilience import Backoff

from fluxo_balances.adapters.redis import near_cache_metrics as metrics
from fluxo_balances.adapters.redis.balance_cache import (
    Lookup,
    RedisBalanceCache,
    found,
    key_of,
    look_up_command,
    merchant_of,
    store_command,
)
from fluxo_balances.adapters.redis.near_answers import NearAnswers, Prepared
from fluxo_balances.adapters.redis.scripts import LEASE_FIELD

log = structlog.get_logger(__name__)

PING_EVERY_S: Final = 0.25
"""A connection that has gone silent is found out while nobody asks, too."""


class NearBalanceCache(Generic[Prepared]):
    """The balance cache with the answers of the last second kept in this process, ready to be sent.

    The server tells when a merchant's lease goes (client tracking: of the next change of each key that was read on
    request, on the connection on which it was). Without that, nothing is kept and the cache behind is asked each time.
    Enter it to let it connect; it connects again whenever it has to.
    """

    def __init__(self, url: str, timeout_s: float, prepare: Callable[[bytes], Prepared]) -> None:
        self.redis = RedisClient(url, timeout_s=timeout_s, on_push=self._hear, on_lost=self._stop_keeping)
        self.behind = RedisBalanceCache(self.redis)
        self._near = NearAnswers(prepare, self._refresh_soon)
        self._refreshing: set[asyncio.Task[None]] = set()
        self._connection: RedisConnection | None = None
        self._tracking: asyncio.Task[None] | None = None
        metrics.entries.set_function(self._near.count)
        metrics.size_bytes.set_function(lambda: self._near.size)

    async def __aenter__(self) -> Self:
        self._tracking = asyncio.create_task(self._stay_connected(), name="near-cache")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._tracking is not None:
            self._tracking.cancel()
            await asyncio.wait([self._tracking])
        await self.redis.aclose()

    def peek(self, merchant_id: str, key: str) -> Prepared | None:
        """Return the stored answer, prepared, if this process holds it; asks nobody."""
        kept = self._near.find(merchant_id, key)
        if kept is None:
            return None
        metrics.lookups.hits += 1
        return kept.prepared

    async def look_up(self, merchant_id: str, key: str) -> Lookup:
        kept = self._near.find(merchant_id, key)
        if kept is not None:
            metrics.lookups.hits += 1
            return Lookup(kept.body)
        metrics.lookups.misses += 1
        try:
            return await self._ask(merchant_id, key)
        except RedisError:
            return await self.behind.look_up(merchant_id, key)

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: bytes) -> None:
        """Hand the answer to the shared cache, a moment later at most; who asks in this process finds it at once."""
        if self._connection is None:
            await self.behind.store(merchant_id, key, answer, lease)
        else:
            self._connection.send_nowait(*store_command(merchant_id, key, answer, lease))

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove every merchant's lease and answers; here at once, in other processes as soon as they hear.

        Raises:
            CacheUnavailableError: the shared cache could not do it. Here they are gone all the same.
        """
        try:
            await self.behind.invalidate(merchant_ids)
        finally:
            # After the shared ones: until then an older answer can still be fetched.
            for merchant_id in merchant_ids:
                self._near.drop(merchant_id)

    async def _ask(self, merchant_id: str, key: str) -> Lookup:
        if self._connection is None:
            raise RedisUnavailableError
        stamp = self._near.stamp(merchant_id)
        reply, _, tracked_lease = await self._connection.execute_pipeline(
            look_up_command(merchant_id, key),
            # From this reading of the lease on the server tells when it goes, and of no other key. That the lease is
            # the same still says that nothing has changed since the answer was looked up.
            ("CLIENT", "CACHING", "YES"),
            ("HGET", key_of(merchant_id), LEASE_FIELD),
        )
        there = found(reply)
        if there.answer is not None and there.lease == tracked_lease:
            self._near.keep(merchant_id, stamp, key, there.answer)
        return there

    def _refresh_soon(self, merchant_id: str, key: str) -> None:
        task = asyncio.create_task(self._refresh(merchant_id, key))
        self._refreshing.add(task)
        task.add_done_callback(self._refreshing.discard)

    async def _refresh(self, merchant_id: str, key: str) -> None:
        with suppress(RedisError):
            await self._ask(merchant_id, key)

    async def _stay_connected(self) -> None:
        backoff = Backoff(0.05, 2.0)
        has_said_so = False
        while True:
            try:
                connection = await self.redis.connected()
                await connection.execute("CLIENT", "TRACKING", "ON", "OPTIN")
                self._start_keeping(connection)
                log.info("the near cache tracks changes")
                has_said_so = False
                backoff.reset()
                while True:
                    await asyncio.sleep(PING_EVERY_S)
                    await connection.execute("PING")
            except RedisError as error:
                if not has_said_so:
                    log.warning("the near cache cannot track changes", **{"error.type": type(error).__name__})
                has_said_so = True
            await asyncio.sleep(backoff.next())

    def _hear(self, push: Sequence[Any]) -> None:
        if push[0] != b"invalidate":
            return
        if (keys := push[1]) is None:
            self._near.clear()
            return
        metrics.invalidations.inc(len(keys))
        for key in keys:
            self._near.drop(merchant_of(key))

    def _start_keeping(self, connection: RedisConnection) -> None:
        if connection.is_lost:
            raise RedisUnavailableError  # In the moment after it began to track: nobody would say so again.
        self._connection = connection
        # The calls take this way from now on: none would ever probe the other one.
        self.behind.breaker.close()
        self._near.open()
        metrics.is_tracking.set(1)

    def _stop_keeping(self) -> None:
        self._connection = None
        self._near.close()
        metrics.is_tracking.set(0)
