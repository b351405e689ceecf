from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from fluxo_entries.application.cooperative import yielding
from fluxo_entries.application.sealing.ports import Seals, Signer, UnsealedEntry
from fluxo_entries.domain.seal import NO_DIGEST, Block, Seal, digest_of

BATCH_MAX: Final = 250
"""Some four milliseconds of work, which whoever is about to be published meets."""


class SealEntries:
    """Add what was recorded to its merchant's chain, some entries at a time: one block for each merchant of a batch.

    First come the entries that were there before, by id, then what the outbox announces, in its commit-safe order. An
    entry that came in by another way is in no block. Several may run at once: all but one of them do nothing.
    """

    def __init__(self, seals: Seals, signer: Signer, *, batch_max: int = BATCH_MAX) -> None:
        self._seals = seals
        self._signer = signer
        self._batch_max = batch_max

    async def __call__(self) -> tuple[int, bool]:
        """Return how many entries were sealed, and whether more may wait."""
        batch = await self._seals.next_batch(self._batch_max)
        of_merchants = {
            merchant_id: list(entries) for merchant_id, entries in groupby(sorted(batch.entries, key=_place), _merchant)
        }
        latest = await self._seals.latest(list(of_merchants))
        blocks = [
            self._block(entries, latest.get(merchant_id))
            async for merchant_id, entries in yielding(of_merchants.items())
        ]
        if batch.after == batch.before:
            return 0, False
        is_added = await self._seals.append(batch, blocks)
        return len(batch.entries) if is_added else 0, batch.looked_at == self._batch_max

    def _block(self, entries: Sequence[UnsealedEntry], latest: Seal | None) -> Block:
        instants = [entry.recorded_at for entry in entries]
        seal = Seal(
            merchant_id=entries[0].merchant_id,
            number=latest.number + 1 if latest else 1,
            entry_count=(latest.entry_count if latest else 0) + len(entries),
            up_to=max([*instants, latest.up_to] if latest else instants),
            digest=b"",
        )
        sealed, since = [entry.sealed for entry in entries], min(instants)
        seal = replace(seal, digest=digest_of(seal, since, sealed, latest.digest if latest else NO_DIGEST))
        return Block(seal, since, sealed, self._signer.sign(seal.statement))


def _place(entry: UnsealedEntry) -> tuple[str, bytes]:
    return entry.merchant_id, entry.sealed.entry_id.bytes


def _merchant(entry: UnsealedEntry) -> str:
    return entry.merchant_id
