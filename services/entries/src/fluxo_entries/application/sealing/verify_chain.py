from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from fluxo_entries.application.sealing.ports import Chain, Chains, Signer
from fluxo_entries.domain.seal import NO_DIGEST, Block

ENTRIES_AT_A_TIME: Final = 1_000
BLOCKS_NAMED_MAX: Final = 100


class Fault(StrEnum):
    """What is wrong with an entry, or with a block."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    BLOCK_CHANGED = "block-changed"
    BLOCK_REMOVED = "block-removed"
    SIGNATURE = "signature"
    SEAL_UNKNOWN = "seal-unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`block` is the number of the block at fault, or of the entry's; 0 where there is none."""

    fault: Fault
    merchant_id: str = ""
    block: int = 0
    entry_id: UUID | None = None


@dataclass(slots=True)
class Verified:
    """What has been looked at so far: `entries` that are sealed, `of` all that there are; `waiting` are not yet."""

    of: int = 0
    entries: int = 0
    blocks: int = 0
    merchants: int = 0
    waiting: int = 0


class VerifyChain:
    """Compute every leaf, digest and signature again, and name each entry and block that does not agree.

    A seal that somebody kept must be that of a block, with nothing wrong up to there. What is found depends on the
    key: who has it can seal anew, which only a seal that was kept elsewhere shows.
    """

    def __init__(self, chains: Chains, signer: Signer) -> None:
        self._chains = chains
        self._signer = signer

    async def __call__(
        self,
        verified: Verified,
        merchant_id: str | None = None,
        kept: bytes | None = None,
        advanced: Callable[[], object] = lambda: None,
    ) -> AsyncIterator[Finding]:
        """Yield what is wrong, of one merchant or of all; `verified` tells how far that is, each time it `advanced`."""
        async with self._chains.at_one_instant(merchant_id) as chain:
            verified.of = await chain.entry_count()
            follow = _Follow(self._signer)
            some: list[Block] = []
            async for block in chain.blocks():
                verified.blocks += 1
                verified.merchants += follow.is_of_another_merchant(block)
                for finding in follow(block):
                    yield finding
                is_kept = block.seal.digest == kept
                kept = None if is_kept else kept
                some.append(block)
                if sum(len(each.entries) for each in some) >= ENTRIES_AT_A_TIME:
                    async for finding in _compare(chain, some, verified):
                        yield finding
                    some = []
                    advanced()
            async for finding in _compare(chain, some, verified):
                yield finding
            async for finding in _inserted(chain, verified):
                yield finding
            if kept is not None:
                yield Finding(Fault.SEAL_UNKNOWN)


@dataclass(slots=True)
class _Follow:
    """Holds each block to the one before it."""

    _signer: Signer
    _last: Block | None = field(default=None, init=False)
    _digests: Sequence[bytes] = field(default=(), init=False)

    def is_of_another_merchant(self, block: Block) -> bool:
        return self._last is None or self._last.seal.merchant_id != block.seal.merchant_id

    def __call__(self, block: Block) -> list[Finding]:
        seal, findings = block.seal, []
        number = 0 if self._last is None or self.is_of_another_merchant(block) else self._last.seal.number
        before = self._digests if number else (NO_DIGEST,)
        computed = [block.digest_after(digest) for digest in before]
        if seal.number != number + 1:
            missing = range(number + 1, seal.number)[:BLOCKS_NAMED_MAX]
            findings += [Finding(Fault.BLOCK_REMOVED, seal.merchant_id, each) for each in missing]
            # What it follows is not there to compute with; its signature still says what it is.
        elif seal.digest not in computed:
            findings.append(Finding(Fault.BLOCK_CHANGED, seal.merchant_id, seal.number))
        if not self._signer.prove(seal.statement, block.signature):
            findings.append(Finding(Fault.SIGNATURE, seal.merchant_id, seal.number))
        # Where a block's digest was changed, the next one still follows the right one.
        self._last, self._digests = block, (seal.digest, *computed)
        return findings


async def _compare(chain: Chain, blocks: Sequence[Block], verified: Verified) -> AsyncIterator[Finding]:
    """Hold the blocks' leaves to the entries as they are."""
    found: Mapping[UUID, object] = await chain.entries(
        [sealed.entry_id for block in blocks for sealed in block.entries]
    )
    for block in blocks:
        verified.entries += len(block.entries)
        for sealed in block.entries:
            now = found.get(sealed.entry_id)
            if now != sealed:
                fault = Fault.REMOVED if now is None else Fault.CHANGED
                yield Finding(fault, block.seal.merchant_id, block.seal.number, sealed.entry_id)


async def _inserted(chain: Chain, verified: Verified) -> AsyncIterator[Finding]:
    # As many as wait, or were inserted: neither is a great number.
    unsealed = {entry_id: merchant_id async for merchant_id, entry_id in chain.unsealed()}
    waiting = await chain.waiting(unsealed)
    verified.waiting = len(waiting)
    for entry_id, merchant_id in unsealed.items():
        if entry_id not in waiting:
            yield Finding(Fault.INSERTED, merchant_id, entry_id=entry_id)
