from dataclasses import dataclass

from fluxo_entries.application.recording.ports import Entries, EntryFilter, Position, RecordedEntry
from fluxo_entries.domain.errors import RejectedFieldsError


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the position the following page continues after; None on the last page."""

    items: list[RecordedEntry]
    next: Position | None


class ListEntries:
    """The merchant's entries, newest business date first, in pages.

    No entry is shown twice or left out while others are recorded with other dates.
    """

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    async def __call__(self, merchant_id: str, wanted: EntryFilter, *, after: Position | None, limit: int) -> Page:
        """Return up to `limit` entries.

        Raises:
            RejectedFieldsError: the first day wanted lies after the last.
        """
        if wanted.from_date and wanted.to_date and wanted.from_date > wanted.to_date:
            raise RejectedFieldsError(("from", "It lies after `to`."))
        found = await self._entries.page(merchant_id, wanted, after, limit + 1)
        items = found[:limit]
        if len(found) == len(items):
            return Page(items, next=None)
        last = items[-1].entry
        return Page(items, next=Position(last.business_date, last.id))
