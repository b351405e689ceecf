"""The merchant whose entries these are: one currency, one time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from fluxo_contracts.currencies import DECIMALS

NAME_LENGTH_MAX: Final = 100
DEFAULT_CURRENCY: Final = "BRL"
DEFAULT_TIME_ZONE: Final = "America/Sao_Paulo"

_NO_PLACE: Final = frozenset({"Factory", "localtime"})
"""Names in the time zone database that mean whatever the machine is set to."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """`time_zone` is an IANA name that exists; `currency` ISO 4217, fixed once there are entries.

    All up to `closed_through` is closed, which is not one of the settings and changes in its own way.
    """

    merchant_id: str
    name: str
    currency: str = DEFAULT_CURRENCY
    time_zone: str = DEFAULT_TIME_ZONE
    closed_through: date | None = None

    def today(self, now: datetime) -> date:
        """Return the merchant's calendar day at an aware instant."""
        return _day(now, self.time_zone)


@lru_cache(maxsize=64)
def _day(now: datetime, time_zone: str) -> date:
    # Remembered for a while: the items of a bulk all ask for the same.
    return now.astimezone(ZoneInfo(time_zone)).date()


def known_currency(code: str) -> str:
    """Return the code.

    Raises:
        ValueError: ISO 4217 does not have it, or gives it no minor unit.
    """
    if code not in DECIMALS:
        raise ValueError('It is no currency of ISO 4217, such as "BRL".')
    return code


def known_time_zone(name: str) -> str:
    """Return the name.

    Raises:
        ValueError: the IANA time zone database does not have it.
    """
    if name not in _time_zones():
        raise ValueError('It is no time zone of the IANA database, such as "America/Sao_Paulo".')
    return name


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACE
