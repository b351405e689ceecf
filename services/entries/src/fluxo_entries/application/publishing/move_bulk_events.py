import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from fluxo_entries.application.publishing.ports import EntriesStream, Outbox
from fluxo_entries.application.publishing.stream_state import StreamPosition

AHEAD_MAX: Final = 1
AHEAD_ALONE_MAX: Final = 4
"""Parts that consumers were not given yet: while they work on one the next is on its way to them, and more where nobody
else records anything. What they acknowledge comes later: a projector does so for many batches at once."""

OTHERS_FOR_S: Final = 1.0
"""So long after an event that is of no bulk another one is expected."""

PATIENCE_S: Final = 0.05
"""A group that reads slowly, or not at all, slows a bulk down for the others; it does not stop it."""

REST_MAX_S: Final = 0.01
"""While others record, the next part waits as long again as the one before was on its way, which is eight milliseconds
or so, or this while: half of the time nothing of a bulk is before who comes."""


class Moved(Enum):
    NOTHING = auto()
    A_PART = auto()
    NOT_YET = auto()
    """Consumers have enough to do."""


class MoveBulkEvents:
    """Let the events of bulks into the outbox a part at a time, as consumers take them.

    So whatever is recorded meanwhile waits behind a part or two, and not behind thousands of events of somebody else's.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._stream = stream
        self._clock_s = clock_s
        self._ahead: deque[tuple[StreamPosition, float]] = deque()
        self._unpublished = 0
        self._others_until_s = 0.0
        self._rests_until_s = 0.0

    async def __call__(self, found: int) -> Moved:
        """Move a part if it is time; `found` rows were in the outbox since the last call, others' among them."""
        others_record = self._others_record(found)
        ahead_max = AHEAD_MAX if others_record else AHEAD_ALONE_MAX
        if len(self._ahead) >= ahead_max and not await self._are_given(ahead_max):
            return Moved.NOT_YET
        if others_record and self._clock_s() < self._rests_until_s:
            return Moved.NOT_YET
        part = await self._outbox.move_bulk_events()
        if part is None:
            return Moved.NOTHING
        self._unpublished += part.events
        self._ahead.append((part.last, self._clock_s()))
        return Moved.A_PART

    def _others_record(self, found: int) -> bool:
        now_s = self._clock_s()
        if found > self._unpublished:
            self._others_until_s = now_s + OTHERS_FOR_S
        self._unpublished = max(self._unpublished - found, 0) if found else 0
        return now_s < self._others_until_s

    async def _are_given(self, ahead_max: int) -> bool:
        """Whether so few parts are ahead that another may follow; each counts until all have it, or for its time."""
        delivered, now_s = await self._stream.delivered(), self._clock_s()
        while self._ahead:
            last, moved_s = self._ahead[0]
            if delivered is not None and last > delivered and now_s < moved_s + PATIENCE_S:
                break
            self._ahead.popleft()
            self._rests_until_s = now_s + min(now_s - moved_s, REST_MAX_S)
        return len(self._ahead) < ahead_max
