from fluxo_entries.application.publishing.ports import EntriesStream, Outbox
from fluxo_entries.application.publishing.stream_state import StreamState, SuspectRange


class AuditStream:
    """Make up for events that were lost from the middle of the stream, where publishing from its end never looks.

    When a row that counts as published is neither in the stream nor acknowledged, the outbox starts a new generation:
    all its rows are published again, and consumers recognise what they had applied. So it does when the stream was not
    filled from it, but from what the database was before. Where all is well, how far every group has come is noted for
    those who close days. One relay at a time does this.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream) -> None:
        self._outbox = outbox
        self._stream = stream

    async def __call__(self) -> SuspectRange | None:
        """Return the gap that was found and is being filled now, None when all is well or another relay leads."""
        async with self._outbox.leadership() as is_leader:
            return await self._audit() if is_leader else None

    async def _audit(self) -> SuspectRange | None:
        await self._stream.keep_counts()
        state = await self._stream.state()
        await self._outbox.recognise(state.last, state.last_event)
        gap = await find_gap(self._outbox, state)
        if gap is not None:
            await self._outbox.publish_again(state.last)
        elif state.acknowledged is not None:
            await self._outbox.note_acknowledged(state.acknowledged)
        return gap


async def find_gap(outbox: Outbox, state: StreamState) -> SuspectRange | None:
    """Return a place where the outbox has rows that the stream should hold, or a group should have read, and did not.

    The state must have been read before: rows that are published or removed meanwhile then raise no false alarm.
    """
    for suspect in state.suspect_ranges():
        if await outbox.has_rows_between(suspect.after, suspect.up_to):
            return suspect
    return None
