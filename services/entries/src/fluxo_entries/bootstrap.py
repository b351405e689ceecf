"""The composition root: builds each process out of its parts."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import asyncpg
from fluxo_chassis import migrations
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.clock import SystemClock
from fluxo_chassis.health import Health, health_app
from fluxo_chassis.http.app import serve
from fluxo_chassis.jwks import JwksKeys
from fluxo_chassis.logging import configure_logging
from fluxo_chassis.postgres import Notifications, open_pool, ping
from fluxo_chassis.redis import connect, ping_redis

from fluxo_entries.adapters.cached_merchants import CachedMerchants
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.adapters.observed_journal import ObservedJournal
from fluxo_entries.adapters.postgres.day_totals import PostgresDayTotals
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.application.change_merchant import ChangeMerchant
from fluxo_entries.application.contents import EntriesApplication
from fluxo_entries.application.get_entry import GetEntry
from fluxo_entries.application.get_merchant import GetMerchant
from fluxo_entries.application.list_day_totals import ListDayTotals
from fluxo_entries.application.list_entries import ListEntries
from fluxo_entries.application.measure_backlog import MeasureBacklog
from fluxo_entries.application.publish_outbox import PublishOutbox
from fluxo_entries.application.purge_outbox import PurgeOutbox
from fluxo_entries.application.record_entries_in_bulk import RecordEntriesInBulk
from fluxo_entries.application.record_entry import RecordEntry
from fluxo_entries.application.reverse_entry import ReverseEntry
from fluxo_entries.entrypoints.http.app import create_entries_app
from fluxo_entries.entrypoints.relay import Relay
from fluxo_entries.entrypoints.totals import write_totals
from fluxo_entries.settings import ApiSettings, MigrateSettings, RelaySettings, TotalsSettings

SERVICE: Final = "fluxo-entries"
TENANT_CLAIM: Final = "merchant_id"
OUTBOX_CHANNEL: Final = "fluxo_outbox"
POOL_CLOSE_TIMEOUT_S: Final = 2.0


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve the HTTP API until asked to stop; needs nothing but its database."""
    configure_logging(settings, SERVICE)
    async with (
        _pool(settings.entries_database_url, settings.instance, max_size=10) as pool,
        GroupCommitter(settings.entries_database_url, settings.instance) as committer,
    ):
        health = Health()
        health.add("entries-database", partial(ping, pool), required=True)
        verifier = TokenVerifier(
            JwksKeys(settings.auth_jwks_url),
            issuer=settings.auth_issuer,
            audience=settings.auth_audience,
            tenant_claim=TENANT_CLAIM,
        )
        await serve(create_entries_app(_application(pool, committer), health=health, verifier=verifier), settings, stop)


def _application(pool: asyncpg.Pool, committer: GroupCommitter) -> EntriesApplication:
    clock, ids = SystemClock(), Uuid7EntryIds()
    journal = ObservedJournal(PostgresJournal(pool, committer))
    entries = PostgresEntries(pool)
    # Writes take what was known a second ago; who looks at or changes the settings sees them as they are.
    known_merchants = CachedMerchants(PostgresMerchants(pool))
    merchants = PostgresMerchants(pool, on_saved=known_merchants.forget)
    return EntriesApplication(
        record_entry=RecordEntry(known_merchants, journal, clock, ids),
        reverse_entry=ReverseEntry(entries, known_merchants, journal, clock, ids),
        record_entries_in_bulk=RecordEntriesInBulk(known_merchants, journal, clock, ids),
        change_merchant=ChangeMerchant(merchants),
        get_entry=GetEntry(entries),
        list_entries=ListEntries(entries),
        get_merchant=GetMerchant(merchants),
    )


def openapi() -> dict[str, Any]:
    """Return the API's OpenAPI document, from the application itself with nothing plugged in."""
    application = _application(None, GroupCommitter("", ""))
    verifier = TokenVerifier(JwksKeys("file:///"), issuer="", audience="", tenant_claim=TENANT_CLAIM)
    return create_entries_app(application, health=Health(), verifier=verifier).openapi()


async def run_relay(settings: RelaySettings, stop: asyncio.Event) -> None:
    """Publish the outbox until asked to stop; ready while both of its ends are there."""
    configure_logging(settings, SERVICE)
    async with (
        _pool(settings.entries_database_url, settings.instance, max_size=4) as pool,
        connect(settings.streams_url) as redis,
        Notifications(settings.entries_database_url, OUTBOX_CHANNEL) as notifications,
    ):
        health = Health()
        health.add("entries-database", partial(ping, pool), required=True)
        health.add("streams", partial(ping_redis, redis), required=True)
        outbox, stream = PostgresOutbox(pool, timedelta(hours=settings.outbox_keep_h)), RedisEntriesStream(redis)
        relay = Relay(
            PublishOutbox(outbox, stream), PurgeOutbox(outbox, stream), MeasureBacklog(outbox, stream), notifications
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(health_app(health), settings, stop))
            tasks.create_task(relay.run(stop))


async def run_totals(
    settings: TotalsSettings, merchant_id: str | None, from_date: date | None, to_date: date | None
) -> None:
    """Write every day's totals to stdout, one JSON line each."""
    async with _pool(settings.entries_database_url, settings.instance, max_size=1) as pool:
        await write_totals(ListDayTotals(PostgresDayTotals(pool)), sys.stdout, merchant_id, from_date, to_date)


def run_migrate(settings: MigrateSettings) -> None:
    """Migrate as the owner; the application's role is the user of its own URL."""
    configure_logging(settings, SERVICE)
    owner_url = settings.entries_migration_database_url or settings.entries_database_url
    app_role = _user_of(settings.entries_database_url)
    migrate(owner_url=owner_url, app_role=None if app_role == _user_of(owner_url) else app_role)


def migrate(*, owner_url: str, app_role: str | None) -> None:
    """Bring the entries database to the newest schema; `app_role` gets the few rights that the service needs."""
    migrations.migrate("fluxo_entries:migrations", owner_url=owner_url, app_role=app_role)


def _user_of(url: str) -> str | None:
    user = urlsplit(url).username
    return None if user is None else unquote(user)


@asynccontextmanager
async def _pool(url: str, application_name: str, *, max_size: int) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(url, application_name=application_name, max_size=max_size)
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), POOL_CLOSE_TIMEOUT_S)
        except TimeoutError:
            pool.terminate()
