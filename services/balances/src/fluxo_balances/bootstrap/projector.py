"""The projector process."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

import structlog
from fluxo_chassis.health import Health, health_app
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces.spans import exported_as_configured
from fluxo_chassis.postgres import open_pool, ping, refuse_transaction_pooling
from fluxo_chassis.process import SystemClock
from fluxo_chassis.redis import RedisClient, ping_redis, refuse_unfit
from fluxo_contracts.envelope import traceparent_of

from fluxo_balances.adapters.events import EventReader
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup
from fluxo_balances.adapters.redis.entry_events import RedisEntryEvents
from fluxo_balances.application.projecting.project_entries import ProjectEntries
from fluxo_balances.application.projecting.purge_inbox import PurgeInbox
from fluxo_balances.application.use_cases import ProjectorUseCases
from fluxo_balances.entrypoints.projector import Pace, Projector
from fluxo_balances.entrypoints.projector_upkeep import follow_cache, measure, tidy
from fluxo_balances.settings import ProjectorSettings

log = structlog.get_logger(__name__)

CONNECTIONS_MAX: Final = 3
"""One applies, one answers the health check, one purges."""

STATEMENT_TIMEOUT_S: Final = 10.0

CACHE_TIMEOUT_S: Final = 0.5
"""Projecting goes on while the cache is unavailable; this is how long it may hold a batch up."""


async def run_projector(settings: ProjectorSettings, stop: asyncio.Event) -> None:
    """Project entry events until asked to stop."""
    configure_logging(settings, "fluxo-balances")
    keys = settings.event_keys()
    if keys is None:
        log.warning("events are taken unsigned: FLUXO_EVENTS_KEY is not set")
    reader = EventReader(keys)
    async with AsyncExitStack() as opened:
        opened.enter_context(exported_as_configured(settings, "fluxo-balances"))
        await refuse_transaction_pooling(settings.balances_database_url, "FLUXO_BALANCES_DATABASE_URL")
        pool = await opened.enter_async_context(
            await open_pool(
                settings.balances_database_url,
                application_name=settings.instance,
                max_size=CONNECTIONS_MAX,
                command_timeout_s=STATEMENT_TIMEOUT_S,
            )
        )
        streams = await opened.enter_async_context(RedisClient(settings.streams_url))
        await refuse_unfit(streams, "FLUXO_STREAMS_URL")
        # One of its own: what waits for news on it holds everything else up.
        reading = await opened.enter_async_context(RedisClient(settings.streams_url))
        cache = await opened.enter_async_context(RedisClient(settings.cache_url, timeout_s=CACHE_TIMEOUT_S))

        health = Health()
        health.add("database", lambda: ping(pool), required=True)
        health.add("streams", lambda: ping_redis(streams, keeps=True), required=True)
        health.add("cache", lambda: ping_redis(cache), required=False)

        clock = SystemClock()
        group = ConsumerGroup(streams)
        events = RedisEntryEvents(reading, group, settings.instance)
        projection = PostgresProjection(pool)
        use_cases = ProjectorUseCases(
            ProjectEntries(events, projection, RedisBalanceCache(cache), clock, reader.told_by),
            PurgeInbox(projection, clock),
        )
        pace = Pace(settings.projector_batch_size, settings.projector_take_over_idle_s)
        projector = Projector(use_cases.project_entries, events, clock, pace, traceparent_of)

        health.add("projecting", projector.taking.observe, required=False)
        health.add("applying", projector.applying.observe, required=False)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(health_app(health), settings, stop))
            tasks.create_task(projector.run(stop))
            tasks.create_task(measure(group, stop))
            tasks.create_task(follow_cache(RedisCachedAnswers(cache), stop))
            tasks.create_task(tidy(use_cases.purge_inbox, group, stop))
