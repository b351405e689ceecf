from typing import BinaryIO
from uuid import UUID

from fluxo_contracts.replay import ReplayHeader, encode_header

from fluxo_entries.application.totals.replay_entries import ReplayEntries


async def write_replay(replay_entries: ReplayEntries, mark: UUID, out: BinaryIO) -> None:
    """Write the header's line, then a line for each entry."""

    def begin(mark: UUID, entries: int) -> None:
        out.write(encode_header(ReplayHeader(mark=mark, entries=entries)))

    async def write(lines: bytes) -> None:
        # Waits as long as the reader needs, and nothing more is asked of the server meanwhile.
        out.write(lines)

    await replay_entries(mark, begin, write)
    out.flush()
