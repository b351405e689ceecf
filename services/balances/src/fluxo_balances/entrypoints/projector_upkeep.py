"""What a projector does beside projecting: it measures, follows the cache, and removes what nobody needs any more."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from fluxo_chassis.resilience import every

from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_balances.application.projecting.ports import CachedAnswers, ConsumerGroup
from fluxo_balances.application.projecting.purge_inbox import PurgeInbox
from fluxo_balances.entrypoints import projector_metrics as metrics

MEASURE_EVERY_S: Final = 5.0
TIDY_EVERY_S: Final = 3_600.0
FOLLOW_EVERY_S: Final = 1.0
CONSUMER_IDLE_MAX_S: Final = 86_400.0

log = structlog.get_logger(__name__)


async def measure(group: ConsumerGroup, stop: asyncio.Event) -> None:
    """Keep the gauges of the backlog up to date until asked to stop."""

    async def once() -> None:
        backlog = await group.backlog()
        metrics.pending_events.set(backlog.pending)
        metrics.dead_letters_waiting.set(backlog.dead_letters)
        if backlog.unread is not None:
            metrics.unread_events.set(backlog.unread)

    await every(MEASURE_EVERY_S, once, stop, failure="upkeep failed")


async def follow_cache(answers: CachedAnswers, stop: asyncio.Event) -> None:
    """Remove what was removed at the last server, and at any before, from the one that took its place."""

    async def once() -> None:
        with suppress(CacheUnavailableError):  # health tells of it
            await answers.remove_all_if_moved()

    await every(FOLLOW_EVERY_S, once, stop, failure="upkeep failed")


async def tidy(purge_inbox: PurgeInbox, group: ConsumerGroup, stop: asyncio.Event) -> None:
    """Purge the inbox, and forget consumers that are gone for good, until asked to stop."""

    async def once() -> None:
        purged = await purge_inbox()
        removed = await group.remove_idle_consumers(CONSUMER_IDLE_MAX_S)
        log.info("tidied up", inbox_ids=purged, consumers=removed)

    await every(TIDY_EVERY_S, once, stop, failure="upkeep failed")
