"""The relay process."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from fluxo_chassis.health import Health, health_app
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces.spans import exported_as_configured
from fluxo_chassis.postgres import Notifications, open_pool, ping
from fluxo_chassis.redis import RedisClient, ping_redis

from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.adapters.traced_entries_stream import TracedEntriesStream
from fluxo_entries.application.audit_stream import AuditStream
from fluxo_entries.application.measure_backlog import MeasureBacklog
from fluxo_entries.application.measure_groups import MeasureGroups
from fluxo_entries.application.publish_outbox import PublishOutbox
from fluxo_entries.application.purge_outbox import PurgeOutbox
from fluxo_entries.entrypoints.relay import Relay
from fluxo_entries.settings import RelaySettings

OUTBOX_CHANNEL: Final = "fluxo_outbox"


async def run_relay(settings: RelaySettings, stop: asyncio.Event) -> None:
    """Publish the outbox until asked to stop; ready while both of its ends are there."""
    configure_logging(settings, "fluxo-entries")
    with exported_as_configured(settings, "fluxo-entries"):
        async with (
            await open_pool(settings.entries_database_url, application_name=settings.instance, max_size=6) as pool,
            RedisClient(settings.streams_url) as redis,
            Notifications(settings.entries_database_url, OUTBOX_CHANNEL, alone=True) as notifications,
        ):
            health = Health()
            health.add("entries-database", partial(ping, pool), required=True)
            health.add("streams", partial(ping_redis, redis), required=True)
            outbox = PostgresOutbox(pool, timedelta(hours=settings.outbox_keep_h))
            stream = RedisEntriesStream(redis)
            relay = Relay(
                PublishOutbox(outbox, TracedEntriesStream(stream)),
                AuditStream(outbox, stream),
                PurgeOutbox(outbox, stream),
                MeasureBacklog(outbox, stream),
                MeasureGroups(outbox, stream),
                notifications,
            )
            health.add("publishing", relay.retry.observe, required=False)
            health.add("listening", notifications.retry.observe, required=False)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(health_app(health), settings, stop))
                tasks.create_task(relay.run(stop))
