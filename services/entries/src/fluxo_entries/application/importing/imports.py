from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from fluxo_entries.application.importing.ports import Import, ImportLine, ImportLines, Imports, ImportState
from fluxo_entries.application.recording.ports import Clock
from fluxo_entries.domain.errors import (
    ImportConfirmedError,
    ImportLinesGoneError,
    ImportNotFoundError,
    ImportNotReadyError,
)
from fluxo_entries.domain.statement_line import LineStatus

LINES_KEPT: Final = timedelta(days=90)
"""After an import was confirmed. What deletes them gives them a day more."""

STILL_READ: Final = "The file is still being read. Try again when that is done."


class GetImport:
    """An import: how far it has come, what stands in its file, and what is to become of it."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    async def __call__(self, merchant_id: str, import_id: UUID) -> Import:
        """Return it.

        Raises:
            ImportNotFoundError: the merchant has no such import.
        """
        found = await self._imports.get(merchant_id, import_id)
        if found is None:
            raise ImportNotFoundError
        return found


class ListImports:
    """The merchant's imports, newest first, in pages; confirmed ones stay for good."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    async def __call__(self, merchant_id: str, before: UUID | None, limit: int) -> tuple[Sequence[Import], UUID | None]:
        """Return up to `limit`, and what the next page comes before, if there is one."""
        found = await self._imports.page(merchant_id, before, limit + 1)
        return found[:limit], found[limit - 1].id if len(found) > limit else None


class ListImportLines:
    """The lines of an import, in the order of its file, in pages; for 90 days after it was confirmed, if it is done."""

    def __init__(self, imports: Imports, lines: ImportLines, clock: Clock) -> None:
        self._get, self._lines, self._clock = GetImport(imports), lines, clock

    async def __call__(
        self, merchant_id: str, import_id: UUID, status: LineStatus | None, after: int, limit: int
    ) -> tuple[Import, Sequence[ImportLine], int | None]:
        """Return up to `limit` lines after a position, and what the next page comes after, if there is one.

        Raises:
            ImportNotFoundError: the merchant has no such import.
            ImportLinesGoneError: its lines are kept no longer.
        """
        imported = await self._get(merchant_id, import_id)
        confirmed_at = imported.confirmed_at
        if imported.state == ImportState.DONE and confirmed_at and confirmed_at + LINES_KEPT < self._clock.now():
            raise ImportLinesGoneError(LINES_KEPT.days)
        found = await self._lines.page(merchant_id, import_id, [status] if status else [], after, limit + 1)
        return imported, found[:limit], found[limit - 1].position if len(found) > limit else None


class ConfirmImport:
    """Record what is new in an import, under keys that are its lines' own, so that each becomes one entry.

    Possible duplicates are recorded or skipped, as the body says; duplicates and invalid lines never are. It goes on by
    itself, whatever process dies, and GET tells how far it is. Confirmed again in the same way, it answers the same.
    """

    def __init__(self, imports: Imports, clock: Clock) -> None:
        self._imports = imports
        self._clock = clock

    async def __call__(
        self, merchant_id: str, import_id: UUID, *, records_possible: bool, category: str | None
    ) -> Import:
        """Return the import as it is now.

        Raises:
            ImportNotFoundError: the merchant has no such import.
            ImportNotReadyError: its file is not read yet, or cannot be.
            ImportConfirmedError: it was confirmed before, and in another way.
        """
        await self._imports.confirm(
            merchant_id, import_id, self._clock.now(), records_possible=records_possible, category=category
        )
        found = await GetImport(self._imports)(merchant_id, import_id)
        if found.state in {ImportState.PARSING, ImportState.FAILED}:
            raise ImportNotReadyError(found.reason or STILL_READ)
        if (found.records_possible, found.category) != (records_possible, category):
            raise ImportConfirmedError
        return found


class RemoveImport:
    """Remove an import that is not confirmed, with its lines."""

    def __init__(self, imports: Imports, lines: ImportLines) -> None:
        self._imports, self._lines = imports, lines

    async def __call__(self, merchant_id: str, import_id: UUID) -> None:
        """Remove it.

        Raises:
            ImportNotFoundError: the merchant has no such import.
            ImportNotReadyError: its file is still being read.
            ImportConfirmedError: it was confirmed.
        """
        if not await self._imports.remove(merchant_id, import_id):
            found = await GetImport(self._imports)(merchant_id, import_id)
            raise ImportNotReadyError(STILL_READ) if found.state == ImportState.PARSING else ImportConfirmedError
        await self._lines.remove(merchant_id, import_id)
