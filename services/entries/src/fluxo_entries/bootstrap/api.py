"""The API process."""

import asyncio
from functools import partial
from typing import Final

import asyncpg
from fastapi import FastAPI
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.clock import SystemClock
from fluxo_chassis.health import Health
from fluxo_chassis.http.app import serve
from fluxo_chassis.jwks import JwksKeys
from fluxo_chassis.logging import configure_logging
from fluxo_chassis.postgres import ping

from fluxo_entries.adapters.cached_merchants import CachedMerchants
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.adapters.observed_journal import ObservedJournal
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.application.change_merchant import ChangeMerchant
from fluxo_entries.application.contents import EntriesApplication
from fluxo_entries.application.get_entry import GetEntry
from fluxo_entries.application.get_merchant import GetMerchant
from fluxo_entries.application.list_entries import ListEntries
from fluxo_entries.application.record_entries_in_bulk import RecordEntriesInBulk
from fluxo_entries.application.record_entry import RecordEntry
from fluxo_entries.application.reverse_entry import ReverseEntry
from fluxo_entries.bootstrap.pool import pool_of
from fluxo_entries.entrypoints.http.app import create_entries_app
from fluxo_entries.settings import ApiSettings

TENANT_CLAIM: Final = "merchant_id"


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve the HTTP API until asked to stop; needs nothing but its database."""
    configure_logging(settings, "fluxo-entries")
    async with (
        pool_of(settings.entries_database_url, settings.instance, max_size=10) as pool,
        GroupCommitter(settings.entries_database_url, settings.instance) as committer,
    ):
        verifier = TokenVerifier(
            JwksKeys(settings.auth_jwks_url),
            issuer=settings.auth_issuer,
            audience=settings.auth_audience,
            tenant_claim=TENANT_CLAIM,
        )
        await serve(assemble(pool, committer, verifier), settings, stop)


def assemble(pool: asyncpg.Pool, committer: GroupCommitter, verifier: TokenVerifier) -> FastAPI:
    """Return the application on top of what was opened for it."""
    health = Health()
    health.add("entries-database", partial(ping, pool), required=True)
    clock, ids = SystemClock(), Uuid7EntryIds()
    journal = ObservedJournal(PostgresJournal(pool, committer))
    entries = PostgresEntries(pool)
    # Writes take what was known a second ago; who looks at or changes the settings sees them as they are.
    known_merchants = CachedMerchants(PostgresMerchants(pool))
    merchants = PostgresMerchants(pool, on_saved=known_merchants.forget)
    application = EntriesApplication(
        record_entry=RecordEntry(known_merchants, journal, clock, ids),
        reverse_entry=ReverseEntry(entries, known_merchants, journal, clock, ids),
        record_entries_in_bulk=RecordEntriesInBulk(known_merchants, journal, clock, ids),
        change_merchant=ChangeMerchant(merchants),
        get_entry=GetEntry(entries),
        list_entries=ListEntries(entries),
        get_merchant=GetMerchant(merchants),
    )
    return create_entries_app(application, health=health, verifier=verifier)
