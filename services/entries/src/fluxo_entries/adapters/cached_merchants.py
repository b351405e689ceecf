import asyncio
import time
from typing import Final

from fluxo_entries.application.recording.ports import Merchants
from fluxo_entries.domain.merchant import Merchant

KEPT_S: Final = 1.0
RENEWED_AFTER_S: Final = 0.5
KEPT_MERCHANTS_MAX: Final = 10_000


class CachedMerchants:
    """Spares a busy merchant's writes a query each; a change made elsewhere shows within a second.

    A stale currency can do no harm: the database refuses an entry that is not in the merchant's. Those who ask at the
    same time share one query, and a merchant who is asked for all the time is renewed beside the requests: else all
    those of an instant, every second, would wait for each other's.
    """

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants
        self._kept: dict[str, tuple[float, Merchant]] = {}
        self._queries: dict[str, asyncio.Task[Merchant]] = {}

    async def get(self, merchant_id: str) -> Merchant:
        if (merchant := self.known(merchant_id)) is not None:
            return merchant
        # Whoever stops waiting takes it from nobody else.
        return await asyncio.shield(self._queries.get(merchant_id) or self._ask(merchant_id))

    def known(self, merchant_id: str) -> Merchant | None:
        since, merchant = self._kept.get(merchant_id, (0.0, None))
        age_s = time.monotonic() - since
        if age_s >= RENEWED_AFTER_S and merchant is not None and merchant_id not in self._queries:
            self._ask(merchant_id)
        return merchant if age_s < KEPT_S else None

    async def save(self, merchant: Merchant, traceparent: str | None = None) -> None:
        await self._merchants.save(merchant, traceparent)
        self.forget(merchant.merchant_id)

    def forget(self, merchant_id: str) -> None:
        self._kept.pop(merchant_id, None)
        self._queries.pop(merchant_id, None)

    def _ask(self, merchant_id: str) -> asyncio.Task[Merchant]:
        asked_at = time.monotonic()
        query = self._queries[merchant_id] = asyncio.create_task(self._merchants.get(merchant_id))

        def keep(done: asyncio.Task[Merchant]) -> None:
            # One that was forgotten meanwhile may have been read before it was changed.
            is_current = self._queries.get(merchant_id) is done
            if is_current:
                del self._queries[merchant_id]
            # Looked at, so that a failure that nobody waited for is no complaint: the next to ask finds out.
            if not done.cancelled() and done.exception() is None and is_current:
                if len(self._kept) >= KEPT_MERCHANTS_MAX:
                    self._kept.clear()
                self._kept[merchant_id] = (asked_at, done.result())

        query.add_done_callback(keep)
        return query
