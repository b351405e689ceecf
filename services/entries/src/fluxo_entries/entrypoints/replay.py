from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

from fluxo_contracts.envelope import utc
from fluxo_contracts.replay import ReplayedMerchant, ReplayHeader, encode_header, encode_merchant

from fluxo_entries.application.totals.ports import MerchantSettings
from fluxo_entries.application.totals.replay_entries import ReplayEntries


async def write_replay(replay_entries: ReplayEntries, mark: UUID, out: BinaryIO) -> None:
    """Write the header's line, then a line for each merchant without entries, then one for each entry."""

    def begin(mark: UUID, entries: int, settings: Sequence[MerchantSettings]) -> None:
        out.write(encode_header(ReplayHeader(mark=mark, entries=entries, merchants=len(settings))))
        for each in settings:
            merchant = ReplayedMerchant(
                merchant_id=each.merchant_id, currency=each.currency, changed_at=utc(each.changed_at)
            )
            out.write(encode_merchant(merchant))

    async def write(lines: bytes) -> None:
        # Waits as long as the reader needs, and nothing more is asked of the server meanwhile.
        out.write(lines)

    await replay_entries(mark, begin, write)
    out.flush()
