from typing import BinaryIO
from uuid import UUID

from fluxo_contracts.envelope import utc
from fluxo_contracts.replay import (
    ReplayedApiKey,
    ReplayedMerchant,
    ReplayHeader,
    encode_api_key,
    encode_header,
    encode_merchant,
)

from fluxo_entries.application.totals.ports import BesideEntries
from fluxo_entries.application.totals.replay_entries import ReplayEntries


async def write_replay(replay_entries: ReplayEntries, mark: UUID, out: BinaryIO) -> None:
    """Write the header's line, then a line for each merchant without entries and each key, then one for each entry."""

    def begin(mark: UUID, beside: BesideEntries) -> None:
        header = ReplayHeader(
            mark=mark, entries=beside.entries, merchants=len(beside.settings), api_keys=len(beside.api_keys)
        )
        out.write(encode_header(header))
        for each in beside.settings:
            merchant = ReplayedMerchant(
                merchant_id=each.merchant_id, currency=each.currency, changed_at=utc(each.changed_at)
            )
            out.write(encode_merchant(merchant))
        for key in beside.api_keys:
            api_key = ReplayedApiKey(
                id=key.id,
                merchant_id=key.merchant_id,
                hash=key.hash.hex(),
                scopes=list(key.scopes),
                revoked=key.revoked,
                expires_at=None if key.expires_at is None else utc(key.expires_at),
            )
            out.write(encode_api_key(api_key))

    async def write(lines: bytes) -> None:
        # Waits as long as the reader needs, and nothing more is asked of the server meanwhile.
        out.write(lines)

    await replay_entries(mark, begin, write)
    out.flush()
