from dataclasses import dataclass, replace

from fluxo_entries.application.publishing.audit_stream import find_gap
from fluxo_entries.application.publishing.ports import EntriesStream, Outbox
from fluxo_entries.application.sealing.ports import Seals


@dataclass(frozen=True, slots=True)
class Purged:
    partitions_created: int = 0
    partitions_dropped: int = 0
    stream_entries_trimmed: int = 0
    idempotency_keys_purged: int = 0
    import_lines_purged: int = 0


class PurgeOutbox:
    """Make room: remove what every consumer has acknowledged from stream and outbox, keys and lines kept long enough.

    The outbox keeps its rows for a safety margin of time beyond that, and until they are sealed, where `seals` says how
    far that is. While there is no consumer nothing is
    acknowledged, and nothing is removed; nor while the stream has a gap, for that would hide it from the audit. One
    relay at a time does this; the others return at once.
    """

    def __init__(self, outbox: Outbox, stream: EntriesStream, seals: Seals | None = None) -> None:
        self._outbox = outbox
        self._stream = stream
        self._seals = seals

    async def __call__(self) -> Purged:
        async with self._outbox.leadership() as is_leader:
            return await self._purge() if is_leader else Purged()

    async def _purge(self) -> Purged:
        created = await self._outbox.create_partitions()
        keys, lines = await self._outbox.purge_idempotency_keys(), await self._outbox.purge_import_lines()
        kept_long_enough = Purged(created, idempotency_keys_purged=keys, import_lines_purged=lines)
        state = await self._stream.state()
        # Rows of a database that was set back have ids that were acknowledged, and were never published.
        await self._outbox.recognise(state.last, state.last_event)
        acknowledged = state.acknowledged
        if acknowledged is None or await find_gap(self._outbox, state):
            return kept_long_enough
        no_longer_needed = acknowledged if self._seals is None else min(acknowledged, await self._seals.position())
        return replace(
            kept_long_enough,
            partitions_dropped=await self._outbox.drop_below(no_longer_needed),
            stream_entries_trimmed=await self._stream.trim_below(acknowledged),
        )
