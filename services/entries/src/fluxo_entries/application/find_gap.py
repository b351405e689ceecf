from fluxo_entries.application.ports import Outbox
from fluxo_entries.application.stream_state import Doubt, StreamState


async def find_gap(outbox: Outbox, state: StreamState) -> Doubt | None:
    """Return a place where the outbox has rows that the stream should hold, or a group should have read, and did not.

    The state must have been read before: rows that are published or removed meanwhile then raise no false alarm.
    """
    for doubt in state.doubts():
        if await outbox.has_rows_between(doubt.after, doubt.up_to):
            return doubt
    return None
