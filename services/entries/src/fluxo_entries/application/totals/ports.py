"""What an operator's questions need from outside."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from fluxo_entries.domain.merchant import DEFAULT_CURRENCY


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Sums of one merchant's day, in minor units of its currency; `entry_count` counts entries, reversals included."""

    merchant_id: str
    business_date: date
    credits_minor: int
    debits_minor: int
    entry_count: int
    currency: str = DEFAULT_CURRENCY


@dataclass(frozen=True, slots=True)
class CategoryTotals:
    """Sums of one merchant's month and category, as of a day; `category` is folded, empty for entries without one."""

    merchant_id: str
    month: date
    category: str
    credits_minor: int
    debits_minor: int
    entry_count: int
    currency: str = DEFAULT_CURRENCY


@dataclass(frozen=True, slots=True)
class CutOff:
    """Of the entries with the id `since` or a later one only those count that are `applied`."""

    since: UUID
    applied: Sequence[UUID]


class DayTotalsFeed(Protocol):
    def day_totals(
        self, merchant_id: str | None, from_date: date | None, to_date: date | None, cut_off: CutOff | None
    ) -> AsyncIterator[DayTotals]:
        """Yield every day that has entries, by merchant (in code-point order) and date, from one snapshot."""


class CategoryTotalsFeed(Protocol):
    def category_totals(
        self, merchant_id: str | None, to_date: date | None, cut_off: CutOff | None
    ) -> AsyncIterator[CategoryTotals]:
        """Yield every month of every category, by merchant, month and category (in code-point order)."""


@dataclass(frozen=True, slots=True)
class MerchantSettings:
    """What balances show of a merchant's settings, and since when they hold."""

    merchant_id: str
    currency: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class KeptApiKey:
    """What it takes to check an API key, of one that is revoked too."""

    id: UUID
    merchant_id: str
    hash: bytes
    scopes: Sequence[str]
    expires_at: datetime | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class BesideEntries:
    """What a replay holds beside `entries`: the settings of merchants without any, and all API keys."""

    entries: int
    settings: Sequence[MerchantSettings]
    api_keys: Sequence[KeptApiKey]


class EntryReplay(Protocol):
    async def replay(self, begin: Callable[[BesideEntries], None], write: Callable[[bytes], Awaitable[None]]) -> None:
        """Tell `begin` how many entries there are and what there is beside them, then hand entries over.

        They go to `write`, lines in the contract's form.

        Both from one snapshot, taken after the call.
        """
