import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final
from uuid import UUID

from fluxo_entries.application.importing.ports import (
    Import,
    ImportLines,
    Imports,
    ImportState,
    RecordedLine,
    WaitingLine,
)
from fluxo_entries.application.recording.day_closes import closed_through
from fluxo_entries.application.recording.ports import DayCloses, Outcome
from fluxo_entries.application.recording.record_entries_in_bulk import BulkItem, RecordEntriesInBulk
from fluxo_entries.domain.errors import DayClosedError
from fluxo_entries.domain.line_reason import Reason, refused
from fluxo_entries.domain.statement_line import draft_of, idempotency_key

SLICE_LINES: Final = 2_000
TURN_SLICES: Final = 3
"""Then it is another merchant's turn, if one waits."""


class RecordImports:
    """Record the lines of confirmed imports, a slice at a time, from wherever the last slice ended.

    A slice is recorded under keys that are the lines' own, and noted after that. Whoever dies between the two leaves a
    slice that the next one records again, which adds nothing. Before the first slice the lines are compared once more
    with what was recorded since the preview. A line is refused for its day only once that is closed for certain.
    """

    def __init__(
        self,
        imports: Imports,
        lines: ImportLines,
        record_entries: RecordEntriesInBulk,
        day_closes: DayCloses,
        turn_of: Callable[[str], AbstractAsyncContextManager[None]],
    ) -> None:
        self._imports = imports
        self._lines = lines
        self._record_entries = record_entries
        self._day_closes = day_closes
        self._turn_of = turn_of

    async def __call__(self, traceparent: str) -> Import | None:
        """Work on one import for a turn, and return it as it is after that.

        None where there is none, or where it waits for days that are being closed.
        """
        if (claimed := await self._imports.claim()) is None:
            return None
        async with self._imports.kept(*claimed):
            imported = await self._of(*claimed)
            if imported.state == ImportState.CONFIRMED:
                await self._lines.compare(*claimed)
                await self._imports.set_state(*claimed, ImportState.CONFIRMED, ImportState.RECORDING)
            if not await self._take_turn(await self._of(*claimed), traceparent):
                return None
        return await self._of(*claimed)

    async def _of(self, merchant_id: str, import_id: UUID) -> Import:
        found = await self._imports.get(merchant_id, import_id)
        assert found is not None  # noqa: S101 - a confirmed one is never removed
        return found

    async def _take_turn(self, imported: Import, traceparent: str) -> bool:
        """Return whether more can be done at once."""
        lines = await self._lines.waiting(imported, imported.recorded_up_to, SLICE_LINES)
        for _ in range(TURN_SLICES):
            if not lines:
                await self._imports.set_state(
                    imported.merchant_id, imported.id, ImportState.RECORDING, ImportState.DONE
                )
                return True
            up_to = lines[-1].position
            # The database reads the next ones while this process makes entries of these.
            results, following = await asyncio.gather(
                self._record(imported, lines, traceparent), self._lines.waiting(imported, up_to, SLICE_LINES)
            )
            if results is None:
                return False  # Recorded again, which adds nothing.
            if not await self._lines.record(imported, up_to, *results):
                return True  # Somebody else is at it.
            imported, lines = replace(imported, recorded_up_to=up_to), following
        return True

    async def _record(
        self, imported: Import, lines: Sequence[WaitingLine], traceparent: str
    ) -> tuple[list[RecordedLine], dict[int, Reason]] | None:
        """Return what became of the lines; None where a close that refused some of them is not done yet."""
        items = [
            BulkItem(
                idempotency_key(line.line_key, line.ordinal, line.instead_of),
                draft_of(line.booked_on, line.amount_minor, imported.currency, line.description, imported.category),
            )
            for line in lines
        ]
        async with self._turn_of(imported.merchant_id):
            results = await self._record_entries.partial(imported.merchant_id, items, traceparent=traceparent)
        is_refused = any(isinstance(result, DayClosedError) for result in results)
        closed = await closed_through(self._day_closes, imported.merchant_id) if is_refused else None
        recorded: list[RecordedLine] = []
        refusals: dict[int, Reason] = {}
        for line, result in zip(lines, results, strict=True):
            if isinstance(result, Outcome):
                recorded.append(
                    RecordedLine(line.line_key, line.ordinal, result.entry.id, line.account, line.has_bank_id)
                )
            elif isinstance(result, DayClosedError) and (closed is None or line.booked_on > closed):
                return None
            else:
                refusals[line.position] = refused(result)
        return recorded, refusals
