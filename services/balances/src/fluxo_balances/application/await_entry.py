from typing import Final
from uuid import UUID

from fluxo_balances.application.ports import Clock, Consolidation
from fluxo_balances.domain.inbox import is_dated, is_forgotten

WAIT_MAX_S: Final = 2.0


class NotYetConsolidatedError(Exception):
    """The entry is not part of the balance yet; it will be, or it is no entry of this merchant."""


class AwaitEntry:
    """Read your own write: wait, two seconds at most, until an entry is part of the balance.

    An entry so old that its id is no longer remembered was applied long ago, or has become a dead letter: waiting
    would change nothing.
    """

    def __init__(self, consolidation: Consolidation, clock: Clock) -> None:
        self._consolidation = consolidation
        self._clock = clock

    async def __call__(self, merchant_id: str, entry_id: UUID) -> None:
        if is_dated(entry_id) and is_forgotten(entry_id, self._clock.now()):
            return
        if not await self._consolidation.wait_for(merchant_id, entry_id, WAIT_MAX_S):
            raise NotYetConsolidatedError
