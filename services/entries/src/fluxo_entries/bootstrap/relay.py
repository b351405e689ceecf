"""The relay process."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from fluxo_chassis.health import Health, health_app
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces.spans import exported_as_configured
from fluxo_chassis.postgres import Notifications, open_pool, ping, refuse_transaction_pooling
from fluxo_chassis.redis import RedisClient, ping_redis, refuse_unfit

from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.adapters.postgres.seals import PostgresSeals
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.adapters.seal_keys import SealKeys
from fluxo_entries.adapters.traced_entries_stream import TracedEntriesStream
from fluxo_entries.application.publishing.audit_stream import AuditStream
from fluxo_entries.application.publishing.measure_outbox import MeasureBacklog, MeasureGroups
from fluxo_entries.application.publishing.move_bulk_events import MoveBulkEvents
from fluxo_entries.application.publishing.ports import EntriesStream, Outbox
from fluxo_entries.application.publishing.publish_outbox import PublishOutbox
from fluxo_entries.application.publishing.purge_outbox import PurgeOutbox
from fluxo_entries.application.sealing.ports import Seals, Signer
from fluxo_entries.application.sealing.seal_entries import SealEntries
from fluxo_entries.application.use_cases import RelayUseCases
from fluxo_entries.entrypoints.relay import Relay
from fluxo_entries.settings import RelaySettings

log = structlog.get_logger(__name__)

OUTBOX_CHANNEL: Final = "fluxo_outbox"
CONNECTIONS_MAX: Final = 6


async def run_relay(settings: RelaySettings, stop: asyncio.Event) -> None:
    """Publish the outbox until asked to stop; ready while both of its ends are there."""
    configure_logging(settings, "fluxo-entries")
    url, keys, seal_keys = settings.entries_database_url, settings.event_keys(), settings.seal_keys()
    if keys is None:
        log.warning("events go out unsigned: FLUXO_EVENTS_KEY is not set")
    if not seal_keys:
        log.warning("entries are not sealed: FLUXO_SEALS_KEY is not set")
    async with AsyncExitStack() as opened:
        opened.enter_context(exported_as_configured(settings, "fluxo-entries"))
        await refuse_transaction_pooling(url, "FLUXO_ENTRIES_DATABASE_URL")
        pool = await opened.enter_async_context(
            await open_pool(url, application_name=settings.instance, max_size=CONNECTIONS_MAX)
        )
        redis = await opened.enter_async_context(RedisClient(settings.streams_url))
        await refuse_unfit(redis, "FLUXO_STREAMS_URL")
        notifications = await opened.enter_async_context(Notifications(url, OUTBOX_CHANNEL, exclusive=True))
        outbox = PostgresOutbox(pool, timedelta(hours=settings.outbox_keep_h))
        sealing = (PostgresSeals(pool), SealKeys(*seal_keys)) if seal_keys else None
        relay = Relay(assemble(outbox, RedisEntriesStream(redis, keys), sealing), notifications)
        health = Health()
        health.add("entries-database", partial(ping, pool), required=True)
        health.add("streams", partial(ping_redis, redis, keeps=True), required=True)
        health.add("publishing", relay.retry.observe, required=False)
        health.add("held-back", relay.observe_held_back, required=False)
        health.add("listening", notifications.retry.observe, required=False)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(health_app(health), settings, stop))
            tasks.create_task(relay.run(stop))


def assemble(outbox: Outbox, stream: EntriesStream, sealing: tuple[Seals, Signer] | None = None) -> RelayUseCases:
    """Return what the relay does between the two, and with what it seals, where it does."""
    return RelayUseCases(
        publish_outbox=PublishOutbox(outbox, TracedEntriesStream(stream)),
        move_bulk_events=MoveBulkEvents(outbox, stream),
        audit_stream=AuditStream(outbox, stream),
        purge_outbox=PurgeOutbox(outbox, stream, seals=sealing[0] if sealing else None),
        measure_backlog=MeasureBacklog(outbox, stream),
        measure_groups=MeasureGroups(outbox, stream),
        seal_entries=SealEntries(*sealing) if sealing else None,
    )
