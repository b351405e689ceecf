"""The settings of the merchants who look at the page: currency, time zone, name."""

import time
from dataclasses import dataclass
from typing import Final

from fluxo_dashboard.services.client import ServiceClient, ServiceUnavailableError

_KNOWN_S: Final = 30.0
_MERCHANTS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Merchant:
    """`time_zone` is an IANA name, `currency` ISO 4217; the defaults are the services' own."""

    id: str
    name: str = ""
    currency: str = "BRL"
    time_zone: str = "America/Sao_Paulo"


class Merchants:
    """Asks the entries service, and remembers the answer for half a minute; for longer while it does not answer."""

    def __init__(self, entries: ServiceClient) -> None:
        self._entries = entries
        self._known: dict[str, tuple[float, Merchant]] = {}

    async def find(self, merchant_id: str, token: str) -> Merchant:
        """Return the merchant's settings, the last known ones while the service is unavailable.

        Raises:
            SignedOutError: the service does not accept the token.
        """
        asked_at, known = self._known.get(merchant_id, (float("-inf"), Merchant(merchant_id)))
        if time.monotonic() - asked_at < _KNOWN_S:
            return known
        try:
            found = await self._entries.get("/v1/merchant", token)
        except ServiceUnavailableError:
            return known
        merchant = Merchant(merchant_id, found["name"] or "", found["currency"], found["time_zone"])
        if len(self._known) >= _MERCHANTS_MAX:
            del self._known[next(iter(self._known))]
        self._known[merchant_id] = (time.monotonic(), merchant)
        return merchant
