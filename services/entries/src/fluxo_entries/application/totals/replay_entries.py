"""Everything that was recorded, once more, for a consumer that starts anew."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from fluxo_entries.application.totals.ports import BesideEntries, EntryReplay

Begin = Callable[[UUID, BesideEntries], None]
Write = Callable[[bytes], Awaitable[None]]


class ReplayEntries:
    """Hand back the asker's mark with what there is beside the entries, then hand over the entries.

    Who made the mark knows by it that the entries include all that were recorded before the mark was made.
    """

    def __init__(self, replay: EntryReplay) -> None:
        self._replay = replay

    async def __call__(self, mark: UUID, begin: Begin, write: Write) -> None:
        """Replay from one snapshot."""
        await self._replay.replay(lambda beside: begin(mark, beside), write)
