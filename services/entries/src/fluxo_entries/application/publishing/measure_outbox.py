import asyncio
from typing import Final

from fluxo_entries.application.publishing.ports import Backlog, EntriesStream, Outbox
from fluxo_entries.application.publishing.stream_state import StreamPosition

POSITION_TIMEOUT_S: Final = 1.0


class MeasureBacklog:
    """How many events wait to be published, and for how long.

    A backlog grows just when the stream does not answer: then what waits is counted from where it stood last.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream) -> None:
        self._outbox = outbox
        self._stream = stream
        self._position: StreamPosition | None = None

    async def __call__(self) -> Backlog:
        try:
            async with asyncio.timeout(POSITION_TIMEOUT_S):
                self._position = await self._stream.position()
        except Exception:
            if self._position is None:
                raise
        return await self._outbox.backlog(self._position)


class MeasureGroups:
    """By consumer group, the age in seconds of the oldest published event that it has not acknowledged, 0 if none.

    Neither outbox nor stream can be purged beyond it.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream) -> None:
        self._outbox = outbox
        self._stream = stream

    async def __call__(self) -> dict[str, float]:
        state = await self._stream.state()
        return {group.name: await self._outbox.oldest_age_s(group.acknowledged, state.last) for group in state.groups}
