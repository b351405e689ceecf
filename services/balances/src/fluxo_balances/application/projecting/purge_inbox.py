from fluxo_balances.application.ports import Clock
from fluxo_balances.application.projecting.ports import Projection
from fluxo_balances.domain.inbox import PURGED_AFTER


class PurgeInbox:
    """Forget the ids of entries that are too old to be applied again."""

    def __init__(self, projection: Projection, clock: Clock) -> None:
        self._projection = projection
        self._clock = clock

    async def __call__(self) -> int:
        """Return how many ids went."""
        return await self._projection.purge_inbox(self._clock.now() - PURGED_AFTER)
