"""What sealing needs from outside."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from fluxo_entries.application.publishing.stream_state import StreamPosition
from fluxo_entries.domain.seal import Block, Seal, SealedEntry, Signature


@dataclass(frozen=True, slots=True)
class Progress:
    """How far sealing has come.

    `outbox` is the last row of the outbox that it came to. Before it looks at any, it goes through the entries that are
    there: up to `scanned` so far, None when it came to their end.
    """

    outbox: StreamPosition
    scanned: UUID | None


class UnsealedEntry(NamedTuple):
    merchant_id: str
    recorded_at: datetime
    sealed: SealedEntry


@dataclass(frozen=True, slots=True)
class Batch:
    """What comes next: entries that are in no block yet, of `looked_at` that were looked at, between two points."""

    before: Progress
    after: Progress
    entries: Sequence[UnsealedEntry]
    looked_at: int


class Seals(Protocol):
    """Blocks are only added, and two of them never have the same merchant and number."""

    async def next_batch(self, looked_at_max: int) -> Batch:
        """Return entries in an order in which nothing that commits later comes before the batch's end."""

    async def latest(self, merchant_ids: Collection[str]) -> Mapping[str, Seal]:
        """Return the seal of each merchant's last block."""

    async def append(self, batch: Batch, blocks: Sequence[Block]) -> bool:
        """Add the batch's blocks, and note how far that is, all or nothing.

        Returns False, and adds nothing, when somebody else came further since the batch was read.
        """

    async def position(self) -> StreamPosition:
        """Return how far into the outbox all entries are sealed."""


class Signer(Protocol):
    def sign(self, statement: bytes) -> Signature: ...

    def prove(self, statement: bytes, signature: Signature) -> bool:
        """Return whether one of the keys made the signature, of these very bytes."""


class LatestSeals(Protocol):
    async def latest_signed(self, merchant_id: str) -> tuple[Seal, Signature] | None:
        """Return the merchant's last seal; None where nothing is sealed."""


class Chain(Protocol):
    """Blocks and entries of one merchant or of all, as they were at one instant."""

    async def entry_count(self) -> int: ...

    def blocks(self) -> AsyncIterator[Block]:
        """Yield every block, by merchant (in code-point order) and number."""

    async def entries(self, entry_ids: Collection[UUID]) -> Mapping[UUID, SealedEntry]:
        """Return those that there are, with the leaf that each would have now."""

    def unsealed(self) -> AsyncIterator[tuple[str, UUID]]:
        """Yield merchant and id of each entry that is in no block and that sealing has passed, or may have."""

    async def waiting(self, entry_ids: Collection[UUID]) -> Collection[UUID]:
        """Return those that sealing has yet to come to."""


class Chains(Protocol):
    def at_one_instant(self, merchant_id: str | None) -> AbstractAsyncContextManager[Chain]: ...
