import time
from typing import Final

from fluxo_entries.application.ports import Merchants
from fluxo_entries.domain.merchant import Merchant

KEPT_S: Final = 1.0
KEPT_MERCHANTS_MAX: Final = 10_000


class CachedMerchants:
    """Spares a busy merchant's writes a query each; a change made elsewhere shows within a second.

    A stale currency can do no harm: the database refuses an entry that is not in the merchant's.
    """

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants
        self._kept: dict[str, tuple[float, Merchant]] = {}

    async def get(self, merchant_id: str) -> Merchant:
        now = time.monotonic()
        kept_until, merchant = self._kept.get(merchant_id, (0.0, None))
        if merchant is None or kept_until <= now:
            merchant = await self._merchants.get(merchant_id)
            if len(self._kept) >= KEPT_MERCHANTS_MAX:
                self._kept.clear()
            self._kept[merchant_id] = (now + KEPT_S, merchant)
        return merchant

    async def save(self, merchant: Merchant) -> None:
        await self._merchants.save(merchant)
        self.forget(merchant.merchant_id)

    def forget(self, merchant_id: str) -> None:
        self._kept.pop(merchant_id, None)
