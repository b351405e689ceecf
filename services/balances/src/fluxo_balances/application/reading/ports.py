"""What queries need from outside."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from fluxo_balances.domain.category_totals import CategoryTotals
from fluxo_balances.domain.daily_balance import DateRange, MerchantState, Totals, TotalsByDay


@dataclass(frozen=True, slots=True)
class DayView:
    """What one read of the database tells: the day's totals and the sum of all earlier ones."""

    merchant_state: MerchantState
    opening_minor: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class RangeView:
    """The same for a range."""

    merchant_state: MerchantState
    opening_minor: int
    totals: TotalsByDay


class DailyBalances(Protocol):
    """The read model that is read; each call sees one snapshot."""

    async def day(self, merchant_id: str, day: date) -> DayView: ...

    async def range(self, merchant_id: str, days: DateRange) -> RangeView: ...


@dataclass(frozen=True, slots=True)
class CategoriesView:
    """What one read tells of a range: `totals` of all of its entries, and the categories, in any order."""

    merchant_state: MerchantState
    totals: Totals
    categories: Sequence[CategoryTotals]


class CategoryBreakdown(Protocol):
    async def categories(self, merchant_id: str, days: DateRange) -> CategoriesView:
        """Return each category of each month, from one snapshot.

        Entries that were applied by a release without categories are part of the view's totals, and of no category.
        """


class Consolidation(Protocol):
    async def wait_for(self, merchant_id: str, entry_id: UUID, timeout_s: float) -> bool:
        """Return True as soon as the merchant's entry is part of the read model, False when the time is over.

        With no time, say whether it is part of it now; with too many who wait for the same merchant's, now or later.
        """


@dataclass(frozen=True, slots=True)
class Position:
    """Where a merchant's projection stands: another `id` after each change, of all replicas and after any restart.

    `as_of` is the newest recorded_at applied, None when none was; an older entry that comes late does not move it.
    """

    id: str
    as_of: datetime | None


class MerchantPositions(Protocol):
    async def positions(self, merchant_ids: Collection[str]) -> Mapping[str, Position]:
        """Return the position of each, also of one that nobody heard of, from one snapshot.

        Raises:
            ReadModelUnavailableError: it cannot be told now.
        """


@dataclass(frozen=True, slots=True)
class ApiKeyUse:
    """`last_used_at` is None where the key was never used."""

    id: UUID
    last_used_at: datetime | None


class ApiKeyUses(Protocol):
    async def of(self, merchant_id: str) -> Sequence[ApiKeyUse]:
        """Return the merchant's keys that are not revoked, newest first."""


@dataclass(frozen=True, slots=True)
class ProjectedDay:
    """A day of the read model as it would be served; amounts in minor units."""

    merchant_id: str
    business_date: date
    totals: Totals
    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class ProjectedCategory:
    """What the entries of a category add up to in a month; `category` is folded, empty for entries without one."""

    merchant_id: str
    month: date
    category: str
    totals: Totals


class ProjectedCategories(Protocol):
    def projected_categories(self, merchant_id: str | None, to_date: date | None) -> AsyncIterator[ProjectedCategory]:
        """Yield every month of every category, by merchant, month and category (in code-point order)."""


CutOffHeard = Callable[[UUID, Sequence[UUID]], None]
"""Is told an id, and which entries with that id or a later one are part of the days."""


class ProjectedDays(Protocol):
    def projected_days(
        self,
        merchant_id: str | None,
        from_date: date | None,
        to_date: date | None,
        since: UUID | None,
        hear: CutOffHeard,
    ) -> AsyncIterator[ProjectedDay]:
        """Yield every day that has totals, by merchant (in code-point order) and date, from one snapshot.

        Opening comes from month totals and day totals just as reads derive it, so that a wrong month shows in later
        ones; for the sake of a merchant's last month the first day after it is yielded too, with zero totals.

        With `since`, `hear` is told first which later entries that snapshot holds.
        """
