"""The merchant whose entries these are: one currency, one time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

DEFAULT_CURRENCY: Final = "BRL"
DEFAULT_TIME_ZONE: Final = "America/Sao_Paulo"


@dataclass(frozen=True, slots=True)
class Merchant:
    """`time_zone` is an IANA name that exists; `currency` ISO 4217, fixed once there are entries."""

    merchant_id: str
    name: str
    currency: str = DEFAULT_CURRENCY
    time_zone: str = DEFAULT_TIME_ZONE

    def today(self, now: datetime) -> date:
        """Return the merchant's calendar day at an aware instant."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()
