"""What the use cases need from outside, in their own words."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from fluxo_balances.domain.daily_balance import DateRange, Standing, Totals, TotalsByDay


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current instant, aware, in UTC. It jumps when somebody puts the clock right."""

    def monotonic(self) -> float:
        """Return seconds since some instant; they never jump: for intervals."""


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """What the projection needs of an entry; exactly one of credit and debit is above zero, in minor units."""

    id: UUID
    merchant_id: str
    business_date: date
    credit_minor: int
    debit_minor: int
    currency: str
    recorded_at: datetime


class Projection(Protocol):
    """The read model that is written: inbox, day totals, month totals, the merchants' standing."""

    async def apply(self, entries: Sequence[RecordedEntry]) -> int:
        """Apply those entries that the inbox does not hold yet, in one transaction; returns how many were new.

        All or nothing; an entry that stands twice in the batch counts once.

        Raises:
            EntryRefusedError: an entry breaks a rule of the read model (another currency than the merchant's); nothing
                was applied, and the others may be applied without it.
        """

    async def purge_inbox(self, older_than: datetime) -> int:
        """Forget event ids recorded before the instant, some at a time; returns how many."""


class EntryRefusedError(Exception):
    """An entry that can never be applied; `entry_id` names it, the message says why."""

    def __init__(self, entry_id: UUID, reason: str) -> None:
        super().__init__(reason)
        self.entry_id = entry_id


@dataclass(frozen=True, slots=True)
class DayView:
    """What one read of the database tells: the day's totals and the sum of all earlier ones."""

    standing: Standing
    opening_minor: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class RangeView:
    """The same for a range."""

    standing: Standing
    opening_minor: int
    totals: TotalsByDay


class DailyBalances(Protocol):
    """The read model that is read; each call sees one snapshot."""

    async def day(self, merchant_id: str, day: date) -> DayView: ...

    async def range(self, merchant_id: str, days: DateRange) -> RangeView: ...


class ReadModelUnavailableError(Exception):
    """The database cannot be asked now."""


class AnswerInvalidation(Protocol):
    """Answers that are kept rendered are removed by whoever changes balances, or has seen that they have changed."""

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        """Remove every answer of each of the merchants, and keep reads that have begun from storing theirs.

        Raises:
            CacheUnavailableError: it could not be done; the caller must try again before it acknowledges.
        """


class CacheUnavailableError(Exception):
    """The cache cannot be reached now."""


class Consolidation(Protocol):
    async def wait_for(self, merchant_id: str, entry_id: UUID, timeout_s: float) -> bool:
        """Return True as soon as the merchant's entry is part of the read model, False when the time is over."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One stream entry as a consumer got it; `deliveries` counts this one."""

    stream_id: str
    payload: bytes | None
    deliveries: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be applied: the payload as it came, and the reason in a sentence."""

    delivery: Delivery
    reason: str


class EntryEvents(Protocol):
    """This instance's seat in the consumer group."""

    async def read(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Return new events, waiting up to the time-out for the first; makes a missing group, from id 0."""

    async def take_over(self, limit: int, idle_s: float) -> list[Delivery]:
        """Return events that some consumer, this one included, got and did not acknowledge for so long."""

    async def acknowledge(self, stream_ids: Sequence[str]) -> None: ...

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Add to the dead letters, then acknowledge."""


@dataclass(frozen=True, slots=True)
class ProjectedDay:
    """A day of the read model as it would be served; amounts in minor units."""

    merchant_id: str
    business_date: date
    totals: Totals
    opening_minor: int
    closing_minor: int


class ProjectedDays(Protocol):
    def projected_days(
        self, merchant_id: str | None, from_date: date | None, to_date: date | None
    ) -> AsyncIterator[ProjectedDay]:
        """Yield every day that has totals, by merchant (in code-point order) and date, from one snapshot.

        Opening comes from month totals and day totals just as reads derive it, so that a wrong month shows in later
        ones; for the sake of a merchant's last month the first day after it is yielded too, with zero totals.
        """
