"""The contents page: every command and query of the entries API."""

from dataclasses import dataclass

from fluxo_entries.application.change_merchant import ChangeMerchant
from fluxo_entries.application.get_entry import GetEntry
from fluxo_entries.application.get_merchant import GetMerchant
from fluxo_entries.application.list_entries import ListEntries
from fluxo_entries.application.record_entries_in_bulk import RecordEntriesInBulk
from fluxo_entries.application.record_entry import RecordEntry
from fluxo_entries.application.reverse_entry import ReverseEntry


@dataclass(frozen=True, slots=True)
class EntriesApplication:
    # Commands
    record_entry: RecordEntry
    reverse_entry: ReverseEntry
    record_entries_in_bulk: RecordEntriesInBulk
    change_merchant: ChangeMerchant
    # Queries
    get_entry: GetEntry
    list_entries: ListEntries
    get_merchant: GetMerchant
