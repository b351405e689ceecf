from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from fluxo_balances.application.ports import AnswerInvalidation, CacheUnavailableError, Clock
from fluxo_balances.application.reading.ports import Consolidation
from fluxo_balances.domain.inbox import is_dated, is_forgotten, is_made_within

WAIT_MAX_S: Final = 2.0

RECENT: Final = timedelta(minutes=5)
"""An entry is consolidated in milliseconds, and whoever reads what they wrote has just written it."""


class NotYetConsolidatedError(Exception):
    """The entry is not part of the balance yet; it will be, or it is no entry of this merchant."""


class AwaitEntry:
    """Read your own write: wait, two seconds at most, until an entry is part of the balance.

    An entry so old that its id is no longer remembered was applied long ago, or has become a dead letter: waiting
    would change nothing. An id that was not made in the last minutes is looked for once: what came of it has been
    decided, or takes longer than anybody waits.

    Then the merchant's cached answers are removed: the projector does so too, a moment after it commits, but whoever
    reads next must not see less than this reader.
    """

    def __init__(self, consolidation: Consolidation, answers: AnswerInvalidation, clock: Clock) -> None:
        self._consolidation = consolidation
        self._answers = answers
        self._clock = clock

    async def __call__(self, merchant_id: str, entry_id: UUID) -> None:
        """Return once the entry is part of the balance.

        Raises:
            NotYetConsolidatedError: it is not, after two seconds; at once where there is nothing to wait for.
        """
        now = self._clock.now()
        is_old = is_dated(entry_id) and is_forgotten(entry_id, now)
        wait_s = WAIT_MAX_S if is_dated(entry_id) and is_made_within(RECENT, entry_id, now) else 0.0
        if not is_old and not await self._consolidation.wait_for(merchant_id, entry_id, wait_s):
            raise NotYetConsolidatedError
        with suppress(CacheUnavailableError):
            await self._answers.invalidate([merchant_id])
