"""The API process."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import Final

import asyncpg
from fluxo_chassis.auth import TokenVerifier
from fluxo_chassis.auth.api_keys import new_key
from fluxo_chassis.auth.jwks import JwksKeys
from fluxo_chassis.health import Health
from fluxo_chassis.http.server import serve
from fluxo_chassis.observability.logs import configure_logging
from fluxo_chassis.observability.traces.spans import exported_as_configured
from fluxo_chassis.postgres import breaker_for, open_pool, ping, refuse_transaction_pooling
from fluxo_chassis.postgres.api_keys import PostgresApiKeys as StoredApiKeys
from fluxo_chassis.process import SystemClock
from fluxo_chassis.resilience import Bulkhead
from fluxo_chassis.resilience.rate_limits import RateLimits

from fluxo_entries.adapters.cached_merchants import CachedMerchants
from fluxo_entries.adapters.cash_book.book import write_in_child
from fluxo_entries.adapters.entry_ids import Uuid7EntryIds
from fluxo_entries.adapters.observed_journal import ObservedJournal
from fluxo_entries.adapters.postgres.api_keys import PostgresApiKeys
from fluxo_entries.adapters.postgres.books import PostgresBooks
from fluxo_entries.adapters.postgres.cash_books import PostgresCashBooks
from fluxo_entries.adapters.postgres.day_closes import PostgresDayCloses
from fluxo_entries.adapters.postgres.entries import PostgresEntries
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.adapters.postgres.import_lines import PostgresImportLines
from fluxo_entries.adapters.postgres.imports import PostgresImports
from fluxo_entries.adapters.postgres.journal import PostgresJournal
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.adapters.postgres.seals import PostgresSeals
from fluxo_entries.adapters.statement_reader import ChildStatementReader
from fluxo_entries.application.importing.imports import (
    ConfirmImport,
    GetImport,
    ListImportLines,
    ListImports,
    RemoveImport,
)
from fluxo_entries.application.importing.preview_import import PreviewImport
from fluxo_entries.application.importing.reconcile_statement import ReconcileStatement
from fluxo_entries.application.importing.record_imports import RecordImports
from fluxo_entries.application.recording.api_keys import CreateApiKey, ListApiKeys, RevokeApiKey
from fluxo_entries.application.recording.day_closes import CloseDay, ListDayCloses, ReopenDay
from fluxo_entries.application.recording.get_cash_book import GetCashBook
from fluxo_entries.application.recording.get_entry import GetEntry
from fluxo_entries.application.recording.list_entries import ListEntries
from fluxo_entries.application.recording.merchant_settings import ChangeMerchant, GetMerchant
from fluxo_entries.application.recording.record_entries_in_bulk import RecordEntriesInBulk
from fluxo_entries.application.recording.record_entry import RecordEntry
from fluxo_entries.application.recording.reverse_entry import ReverseEntry
from fluxo_entries.application.sealing.get_latest_seal import GetLatestSeal
from fluxo_entries.application.use_cases import ApiUseCases
from fluxo_entries.entrypoints.http.app import create_entries_app
from fluxo_entries.entrypoints.http.fast_recording import FastRecording
from fluxo_entries.entrypoints.http.record_entries_in_bulk import bulks_in_turns
from fluxo_entries.entrypoints.import_recorder import ImportRecorder
from fluxo_entries.settings import ApiSettings

TENANT_CLAIM: Final = "merchant_id"

RUNNING_MAX: Final = 8
"""Connections for reads, and as many for writes that are not committed in groups; each kind queues only for its own."""

SEARCHES_MAX: Final = 4
MERCHANT_SEARCHES_MAX: Final = 1
"""Searches are the reads that may take long: of all merchants they hold half of the connections at most."""

CYCLES_LOOKED_FOR_AFTER: Final = (10_000, 100, 50)
"""A fifth of what is usual, of which a bulk leaves more than all others: each look is at so many objects, in two
milliseconds. What outlives it is looked at as rarely as usual."""

WAITING_MAX: Final = 1_000
WAIT_MAX_S: Final = 0.9
SEARCH_WAIT_MAX_S: Final = 0.6
"""With what the search itself may take, less than the API allows a request."""


async def run_api(settings: ApiSettings, stop: asyncio.Event) -> None:
    """Serve the HTTP API until asked to stop; needs nothing but its database."""
    configure_logging(settings, "fluxo-entries")
    gc.set_threshold(*CYCLES_LOOKED_FOR_AFTER)
    url, instance = settings.entries_database_url, settings.instance
    breaker = breaker_for("entries-database")
    for_reads, for_writes = _bulkhead("entries-reads"), _bulkhead("entries-writes")
    async with AsyncExitStack() as opened:
        opened.enter_context(exported_as_configured(settings, "fluxo-entries"))
        await refuse_transaction_pooling(url, "FLUXO_ENTRIES_DATABASE_URL")
        reads, writes = [
            await opened.enter_async_context(
                await open_pool(url, application_name=instance, breaker=breaker, bulkhead=bulkhead)
            )
            for bulkhead in (for_reads, for_writes)
        ]
        committer = await opened.enter_async_context(GroupCommitter(url, instance, breaker))
        verifier = TokenVerifier(
            JwksKeys(settings.auth_jwks_url),
            issuer=settings.auth_issuer,
            audience=settings.auth_audience,
            tenant_claim=TENANT_CLAIM,
            api_keys=StoredApiKeys(reads),
        )
        health = Health()
        health.add("entries-database", partial(ping, writes), required=True)
        health.add("entries-database-circuit", breaker.observe, required=False)
        health.add("reads-bulkhead", for_reads.observe, required=False)
        health.add("writes-bulkhead", for_writes.observe, required=False)
        health.add("token-issuer", verifier.observe, required=False)
        bulks = bulks_in_turns()
        use_cases = assemble(reads, writes, committer, bulks.slot)
        app = create_entries_app(
            use_cases, health=health, verifier=verifier, cors_origins=settings.cors_origins, bulks=bulks
        )
        if settings.rate_limit_per_s is not None:
            app.state.rate_limits = RateLimits(settings.rate_limit_per_s)
        fast = FastRecording(use_cases.record_entry, verifier, app.state.rate_limits)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(app, settings, stop, fast_route=fast))
            tasks.create_task(ImportRecorder(use_cases.record_imports).run(stop))


def assemble(
    reads: asyncpg.Pool,
    writes: asyncpg.Pool,
    committer: GroupCommitter,
    bulk_turn: Callable[[str], AbstractAsyncContextManager[None]],
) -> ApiUseCases:
    """Return the use cases on top of what was opened for them; `bulk_turn` is a merchant's turn to record many."""
    clock, ids = SystemClock(), Uuid7EntryIds()
    journal = ObservedJournal(PostgresJournal(writes, committer))
    # Writes take what was known a second ago; who looks at or changes the settings sees them as they are.
    known_merchants = CachedMerchants(PostgresMerchants(writes))
    entries = PostgresEntries(reads, _searches())
    record_in_bulk = RecordEntriesInBulk(known_merchants, journal, clock, ids)
    imports, lines = PostgresImports(writes), PostgresImportLines(reads, writes)
    day_closes = PostgresDayCloses(writes)
    return ApiUseCases(
        record_entry=RecordEntry(known_merchants, journal, clock, ids),
        reverse_entry=ReverseEntry(PostgresEntries(writes), known_merchants, journal, clock, ids),
        record_entries_in_bulk=record_in_bulk,
        change_merchant=ChangeMerchant(PostgresMerchants(writes, on_saved=known_merchants.forget)),
        create_api_key=CreateApiKey(PostgresApiKeys(writes), clock, ids, new_key),
        revoke_api_key=RevokeApiKey(PostgresApiKeys(writes), clock),
        preview_import=PreviewImport(
            imports, lines, PostgresMerchants(writes), day_closes, ChildStatementReader(), clock, ids
        ),
        confirm_import=ConfirmImport(imports, clock),
        remove_import=RemoveImport(imports, lines),
        record_imports=RecordImports(imports, lines, record_in_bulk, day_closes, bulk_turn),
        close_day=CloseDay(PostgresMerchants(writes), day_closes, clock),
        reopen_day=ReopenDay(day_closes),
        get_entry=GetEntry(entries),
        list_entries=ListEntries(entries),
        get_merchant=GetMerchant(PostgresMerchants(reads)),
        list_api_keys=ListApiKeys(PostgresApiKeys(reads)),
        list_day_closes=ListDayCloses(PostgresDayCloses(reads)),
        get_cash_book=GetCashBook(PostgresMerchants(reads), PostgresCashBooks(reads), write_in_child),
        get_latest_seal=GetLatestSeal(PostgresSeals(reads)),
        get_import=GetImport(PostgresImports(reads)),
        list_imports=ListImports(PostgresImports(reads)),
        list_import_lines=ListImportLines(PostgresImports(reads), lines, clock),
        reconcile_statement=ReconcileStatement(
            PostgresBooks(reads), PostgresMerchants(reads), PostgresImports(reads), ChildStatementReader()
        ),
    )


def _bulkhead(name: str) -> Bulkhead:
    return Bulkhead(name, running_max=RUNNING_MAX, waiting_max=WAITING_MAX, wait_max_s=WAIT_MAX_S)


def _searches() -> Bulkhead:
    return Bulkhead(
        "entries-searches",
        running_max=SEARCHES_MAX,
        tenant_running_max=MERCHANT_SEARCHES_MAX,
        waiting_max=WAITING_MAX,
        wait_max_s=SEARCH_WAIT_MAX_S,
    )
