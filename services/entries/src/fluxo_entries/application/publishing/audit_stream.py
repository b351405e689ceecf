from fluxo_entries.application.publishing.ports import EntriesStream, Outbox
from fluxo_entries.application.publishing.stream_state import Doubt, StreamState


class AuditStream:
    """Make up for events that were lost from the middle of the stream, where publishing from its end never looks.

    When a row that counts as published is neither in the stream nor acknowledged, the outbox starts a new generation:
    all its rows are published again, and consumers recognise what they had applied. One relay at a time does this.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream) -> None:
        self._outbox = outbox
        self._stream = stream

    async def __call__(self) -> Doubt | None:
        """Return the gap that was found and is being filled now, None when all is well or it is not our turn."""
        async with self._outbox.turn() as is_mine:
            return await self._audit() if is_mine else None

    async def _audit(self) -> Doubt | None:
        state = await self._stream.state()
        gap = await find_gap(self._outbox, state)
        if gap is not None:
            await self._outbox.publish_again(state.last)
        return gap


async def find_gap(outbox: Outbox, state: StreamState) -> Doubt | None:
    """Return a place where the outbox has rows that the stream should hold, or a group should have read, and did not.

    The state must have been read before: rows that are published or removed meanwhile then raise no false alarm.
    """
    for doubt in state.doubts():
        if await outbox.has_rows_between(doubt.after, doubt.up_to):
            return doubt
    return None
