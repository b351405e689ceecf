from dataclasses import dataclass, replace

from fluxo_entries.application.recording.ports import Merchants
from fluxo_entries.domain.merchant import Merchant


@dataclass(frozen=True, slots=True)
class MerchantChange:
    """What to change; None leaves it as it is."""

    name: str | None = None
    currency: str | None = None
    time_zone: str | None = None


class ChangeMerchant:
    """Change the merchant's name, currency or time zone; what is not named stays.

    The currency is fixed once there are entries. A new time zone decides what today is from now on; entries keep
    their dates.
    """

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants

    async def __call__(self, merchant_id: str, change: MerchantChange, traceparent: str | None = None) -> Merchant:
        """Return the merchant as it is now.

        Raises:
            CurrencyFixedError: another currency, and there are entries.
        """
        merchant = await self._merchants.get(merchant_id)
        changed = replace(
            merchant,
            name=change.name or merchant.name,
            currency=change.currency or merchant.currency,
            time_zone=change.time_zone or merchant.time_zone,
        )
        await self._merchants.save(changed, traceparent)
        return changed


class GetMerchant:
    """The merchant's name, currency and time zone; the defaults where it never set any."""

    def __init__(self, merchants: Merchants) -> None:
        self._merchants = merchants

    async def __call__(self, merchant_id: str) -> Merchant:
        return await self._merchants.get(merchant_id)
