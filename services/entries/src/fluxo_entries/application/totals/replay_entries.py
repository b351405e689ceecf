"""Everything that was recorded, once more, for a consumer that starts anew."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from fluxo_entries.application.totals.ports import EntryReplay, MerchantSettings

Begin = Callable[[UUID, int, Sequence[MerchantSettings]], None]
Write = Callable[[bytes], Awaitable[None]]


class ReplayEntries:
    """Hand back the asker's mark with the number of entries and the settings without any, then hand over the entries.

    Who made the mark knows by it that the entries include all that were recorded before the mark was made.
    """

    def __init__(self, replay: EntryReplay) -> None:
        self._replay = replay

    async def __call__(self, mark: UUID, begin: Begin, write: Write) -> None:
        """Replay from one snapshot."""
        await self._replay.replay(lambda entries, settings: begin(mark, entries, settings), write)
