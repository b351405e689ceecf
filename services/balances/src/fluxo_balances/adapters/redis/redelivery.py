import random
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import structlog
from fluxo_chassis.redis import RedisClient
from fluxo_contracts.streams import DAILY_BALANCES_GROUP, ENTRIES_STREAM
from prometheus_client import Counter

from fluxo_balances.adapters.redis.stream_entry import delivery, stream_entries
from fluxo_balances.application.projecting.ports import Delivery

RETRY_FIRST_S: Final = 5.0
RETRY_CAP_S: Final = 300.0
RETRY_JITTER: Final = 0.2

PAGE: Final = 1_000

_IDLE_MIN_MS: Final = int(RETRY_FIRST_S * (1 - RETRY_JITTER) * 1_000)
"""No event is due sooner."""

_DOUBLINGS_MAX: Final = 16

vanished_events = Counter(
    "fluxo_entry_events_vanished",
    "Events that were gone from the stream while they waited to be acknowledged.",
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that was delivered and not acknowledged; `idle_s` since its last delivery."""

    stream_id: str
    consumer: str
    idle_s: float
    deliveries: int


class Redelivery:
    """When events that were delivered and not acknowledged are due again. Redis keeps the state: idle time and count.

    XAUTOCLAIM knows one idle time for all; this schedule grows with the count. All that is kept here is which events
    had no idle time at the last look (ADR 0013).
    """

    def __init__(self, redis: RedisClient, consumer: str) -> None:
        self._redis = redis
        self._consumer = consumer
        self._ageless: set[Pending] = set()

    async def claim_due(self, limit: int, idle_s: float) -> list[Delivery]:
        """Claim the oldest events that are due, another consumer's only after `idle_s` at least."""
        # One draw for all, so that what failed together is tried again together.
        jitter = random.uniform(1 - RETRY_JITTER, 1 + RETRY_JITTER)  # noqa: S311 - spreads consumers, hides nothing
        due: dict[str, Pending] = {}
        ageless: set[Pending] = set()
        start = "-"
        while len(due) < limit:
            page = await self._pending(start, "+", PAGE)
            due |= {each.stream_id: each for each in page if self._is_due(each, idle_s, jitter)}
            ageless |= {each for each in page if each.idle_s == 0}
            if len(page) < PAGE:
                break
            start = f"({page[-1].stream_id}"
        await self._let_age(ageless & self._ageless)
        self._ageless = ageless
        return await self._claim(dict(list(due.items())[:limit])) if due else []

    async def own_counts(self, first: str, last: str, limit: int) -> dict[str, int]:
        """Return how often each of this consumer's unacknowledged events between two ids was delivered."""
        pending = await self._pending(first, last, limit, consumer=self._consumer)
        return {each.stream_id: each.deliveries for each in pending}

    def _is_due(self, pending: Pending, idle_s: float, jitter: float) -> bool:
        wait_s = pause_s(pending.deliveries) * jitter
        if pending.consumer != self._consumer:
            wait_s = max(wait_s, idle_s)
        return pending.idle_s >= wait_s

    async def _let_age(self, ageless: Collection[Pending]) -> None:
        """Let these have been delivered now: the server's clock was ahead when they were, and has been put right.

        Until it gets there again they would be idle for no time at all, and neither tried again nor taken over.
        """
        by_consumer: dict[str, list[str]] = defaultdict(list)
        for each in ageless:
            by_consumer[each.consumer].append(each.stream_id)
        for consumer, stream_ids in by_consumer.items():
            log.warning(
                "the streams server's clock was put back: events seem to come from the future", consumer=consumer
            )
            await self._redis.execute(
                "XCLAIM", ENTRIES_STREAM, DAILY_BALANCES_GROUP, consumer, 0, *stream_ids, "IDLE", 0, "JUSTID"
            )

    async def _claim(self, due: dict[str, Pending]) -> list[Delivery]:
        # An event that another consumer claimed since it was seen to be due is idle no more, and stays there.
        reply = await self._redis.execute(
            "XCLAIM", ENTRIES_STREAM, DAILY_BALANCES_GROUP, self._consumer, _IDLE_MIN_MS, *due
        )
        deliveries = [delivery(entry, due[entry[0].decode()].deliveries + 1) for entry in stream_entries(reply)]
        await self._report_vanished(due.keys() - {each.stream_id for each in deliveries})
        return deliveries

    async def _report_vanished(self, unclaimed: Collection[str]) -> None:
        # The server gives no reason: another consumer may have been faster. It acknowledges vanished ones by itself.
        execute = self._redis.execute
        report_vanished([each for each in unclaimed if not await execute("XRANGE", ENTRIES_STREAM, each, each)])

    async def _pending(self, first: str, last: str, limit: int, *, consumer: str | None = None) -> list[Pending]:
        whose = () if consumer is None else (consumer,)
        rows = await self._redis.execute("XPENDING", ENTRIES_STREAM, DAILY_BALANCES_GROUP, first, last, limit, *whose)
        return [
            Pending(stream_id.decode(), owner.decode(), idle_ms / 1_000, deliveries)
            for stream_id, owner, idle_ms, deliveries in rows
        ]


def pause_s(deliveries: int) -> float:
    """Return how long an event waits after so many deliveries: RETRY_FIRST_S, then twice as long each time."""
    return min(RETRY_CAP_S, RETRY_FIRST_S * 2.0 ** min(deliveries - 1, _DOUBLINGS_MAX))


def report_vanished(stream_ids: Collection[str]) -> None:
    if stream_ids:
        vanished_events.inc(len(stream_ids))
        log.error("events vanished from the stream before they were acknowledged", stream_ids=sorted(stream_ids))
