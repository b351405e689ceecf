from uuid import UUID

from fluxo_entries.application.recording.ports import Entries, RecordedEntry
from fluxo_entries.domain.errors import EntryNotFoundError


class GetEntry:
    """One entry of the merchant, with the reversal that points at it, if any."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    async def __call__(self, merchant_id: str, entry_id: UUID) -> RecordedEntry:
        """Return the entry.

        Raises:
            EntryNotFoundError: the merchant has no such entry; another merchant's is as unknown as none.
        """
        found = await self._entries.get(merchant_id, entry_id)
        if found is None:
            raise EntryNotFoundError(entry_id)
        return found
