from fluxo_entries.application.ports import EntriesStream, Outbox


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
