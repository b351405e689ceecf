import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fluxo_entries.application.publishing.ports import (
    EntriesStream,
    GapFoundError,
    Outbox,
    OutboxRow,
    StreamAheadError,
    StreamMovedBackError,
)
from fluxo_entries.application.publishing.stream_state import StreamEnd, StreamPosition

PASSES_FOR_S: Final = 0.1
"""Who holds rows back, a bulk say, often does at the next step too, and then need not be found out again."""


@dataclass(frozen=True, slots=True)
class Step:
    """`found` rows were due and `published` of them went out; with the others another relay was faster.

    When there were none, `is_held_back` tells that some are about to be. `gap` tells of published events that were
    found missing, for which everything is now published again.
    """

    found: int
    published: int
    is_held_back: bool
    gap: str | None = None


class PublishOutbox:
    """Publish the outbox rows that follow the stream's last id, in order, some at a time.

    The stream's own last id is the position: nothing is remembered here, so several may run at once, and a stream that
    lost its end, or everything, is filled again from where it stands. Only a step that follows another at once takes
    the position from that one; publishing finds out if it no longer holds.

    Rows that an open transaction holds back are asked for again as those that wait for no writer of the outbox.
    """

    def __init__(
        self,
        outbox: Outbox,
        stream: EntriesStream,
        *,
        batch_rows_max: int = 1000,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._stream = stream
        self._batch_rows_max = batch_rows_max
        self._clock_s = clock_s
        self._left_at: StreamEnd | None = None
        self._passes_until_s = 0.0

    async def position(self) -> StreamPosition:
        return await self._stream.position()

    async def __call__(self) -> Step:
        end, self._left_at = self._left_at or await self._stream.end(), None
        try:
            rows = await self._rows_after(end)
        except StreamAheadError as error:
            # What any group has not acknowledged is in the outbox: all of it goes out again, to groups made anew.
            await self._stream.remove(end.position)
            return Step(0, 0, is_held_back=True, gap=str(error))
        if not rows:
            return Step(0, 0, is_held_back=await self._outbox.has_rows_after(end.position))
        try:
            added = await self._stream.publish(end.position, rows)
        except StreamMovedBackError:
            # The rows before these are missing again; the next step begins with them.
            return Step(len(rows), 0, is_held_back=True)
        except GapFoundError as error:
            await self._outbox.publish_again(rows[0].position)
            return Step(len(rows), 0, is_held_back=True, gap=str(error))
        self._left_at = StreamEnd(rows[-1].position, rows[-1].event)
        return Step(len(rows), added, is_held_back=False)

    async def _rows_after(self, end: StreamEnd) -> list[OutboxRow]:
        """Return the next rows: where a transaction that is open holds them, those that wait for no writer here."""
        passing = self._clock_s() < self._passes_until_s
        rows = await self._outbox.rows_after(end.position, self._batch_rows_max, end.event, passing=passing)
        if not rows and not passing and await self._outbox.has_rows_after(end.position):
            self._passes_until_s = self._clock_s() + PASSES_FOR_S
            return await self._outbox.rows_after(end.position, self._batch_rows_max, end.event, passing=True)
        return rows
