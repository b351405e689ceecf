from fluxo_entries.application.ports import Merchants
from fluxo_entries.domain.merchant import Merchant


class GetMerchant:
    """The merchant's name, currency and time zone; the defaults where it never set any."""

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants

    async def __call__(self, merchant_id: str) -> Merchant:
        return await self._merchants.get(merchant_id)
