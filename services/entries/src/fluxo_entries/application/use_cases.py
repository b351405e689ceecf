"""Every command and query of the service, by the process that runs it."""

from dataclasses import dataclass
from typing import Final

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
from fluxo_entries.application.publishing.audit_stream import AuditStream
from fluxo_entries.application.publishing.measure_outbox import MeasureBacklog, MeasureGroups
from fluxo_entries.application.publishing.move_bulk_events import MoveBulkEvents
from fluxo_entries.application.publishing.publish_outbox import PublishOutbox
from fluxo_entries.application.publishing.purge_outbox import PurgeOutbox
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
from fluxo_entries.application.sealing.seal_entries import SealEntries
from fluxo_entries.application.sealing.verify_chain import VerifyChain
from fluxo_entries.application.totals.list_category_totals import ListCategoryTotals
from fluxo_entries.application.totals.list_day_totals import ListDayTotals
from fluxo_entries.application.totals.replay_entries import ReplayEntries


@dataclass(frozen=True, slots=True)
class ApiUseCases:
    # Commands
    record_entry: RecordEntry
    reverse_entry: ReverseEntry
    record_entries_in_bulk: RecordEntriesInBulk
    change_merchant: ChangeMerchant
    create_api_key: CreateApiKey
    revoke_api_key: RevokeApiKey
    preview_import: PreviewImport
    confirm_import: ConfirmImport
    remove_import: RemoveImport
    record_imports: RecordImports
    close_day: CloseDay
    reopen_day: ReopenDay
    # Queries
    get_entry: GetEntry
    list_entries: ListEntries
    get_merchant: GetMerchant
    list_api_keys: ListApiKeys
    list_day_closes: ListDayCloses
    get_cash_book: GetCashBook
    get_latest_seal: GetLatestSeal
    get_import: GetImport
    list_imports: ListImports
    list_import_lines: ListImportLines
    reconcile_statement: ReconcileStatement


@dataclass(frozen=True, slots=True)
class RelayUseCases:
    # Commands
    publish_outbox: PublishOutbox
    move_bulk_events: MoveBulkEvents
    audit_stream: AuditStream
    purge_outbox: PurgeOutbox
    # Queries
    measure_backlog: MeasureBacklog
    measure_groups: MeasureGroups
    # None where there is no key to seal with.
    seal_entries: SealEntries | None = None


OPERATOR_USE_CASES: Final = (ListDayTotals, ListCategoryTotals, ReplayEntries, VerifyChain)
"""Each in a process of its own."""
