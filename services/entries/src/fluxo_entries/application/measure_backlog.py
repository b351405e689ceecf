from fluxo_entries.application.ports import Backlog, EntriesStream, Outbox


class MeasureBacklog:
    """How many events wait to be published, and for how long."""

    def __init__(self, outbox: Outbox, stream: EntriesStream) -> None:
        self._outbox = outbox
        self._stream = stream

    async def __call__(self) -> Backlog:
        return await self._outbox.backlog(await self._stream.position())
