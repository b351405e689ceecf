"""Ports in memory that keep the ports' promises, so that queries and HTTP are tested without a server."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from fluxo_balances.adapters.redis.balance_cache import Lookup
from fluxo_balances.application.ports import CacheUnavailableError, ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import (
    DeadLetter,
    Delivery,
    EntryRefusedError,
    NotForBalancesError,
    RecordedEntry,
    SkipReason,
    Told,
    UndecodableEventError,
)
from fluxo_balances.application.reading.ports import ApiKeyUse, CategoriesView, DayView, Position, RangeView
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.category_totals import CategoryTotals
from fluxo_balances.domain.daily_balance import DateRange, MerchantState, Totals, TotalsByDay
from fluxo_balances.domain.merchant_settings import MerchantSettings
from fluxo_balances.entrypoints.http.conditional_response import CachedResponses

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
AS_OF = datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC)


@dataclass
class MemoryReadModel:
    """The truth by brute force: every entry is looked at for every question."""

    entries: list[tuple[str, date, int, int]] = field(default_factory=list)
    categories_of: list[str | None] = field(default_factory=list)
    """Of the last entries: those before came when there were none."""
    is_unavailable: bool = False
    reads: int = 0

    def add(self, merchant_id: str, day: date, *, credit: int = 0, debit: int = 0, category: str | None = None) -> None:
        self.entries.append((merchant_id, day, credit, debit))
        self.categories_of.append(category)

    async def day(self, merchant_id: str, day: date) -> DayView:
        self._read()
        return DayView(
            self._merchant_state(merchant_id), self._opening(merchant_id, day), self._totals(merchant_id, day)
        )

    async def range(self, merchant_id: str, days: DateRange) -> RangeView:
        self._read()
        totals = {day: self._totals(merchant_id, day) for owner, day, _, _ in self.entries if owner == merchant_id}
        rows = [
            (day, each.credits_minor, each.debits_minor, each.entry_count)
            for day, each in totals.items()
            if days.first <= day <= days.last
        ]
        columns = TotalsByDay(*zip(*rows, strict=True))
        return RangeView(self._merchant_state(merchant_id), self._opening(merchant_id, days.first), columns)

    async def categories(self, merchant_id: str, days: DateRange) -> CategoriesView:
        self._read()
        names: dict[str, str | None] = {}
        items: dict[tuple[date, str], list[int]] = {}
        whole = [0, 0, 0]
        unknown = ["?"] * (len(self.entries) - len(self.categories_of))
        for (owner, day, credit, debit), category in zip(self.entries, [*unknown, *self.categories_of], strict=True):
            folded = (category or "").lower()
            if owner == merchant_id:
                names.setdefault(folded, category)
            if owner == merchant_id and days.first <= day <= days.last:
                item = items.setdefault((day.replace(day=1), folded), [0, 0, 0])
                for sums in (whole, [0, 0, 0] if folded == "?" else item):
                    sums[:] = [sums[0] + credit, sums[1] + debit, sums[2] + 1]
        categories = [CategoryTotals(month, names[folded], Totals(*sums)) for (month, folded), sums in items.items()]
        return CategoriesView(self._merchant_state(merchant_id), Totals(*whole), categories)

    def _read(self) -> None:
        self.reads += 1
        if self.is_unavailable:
            raise ReadModelUnavailableError

    def _merchant_state(self, merchant_id: str) -> MerchantState:
        return MerchantState("BRL", AS_OF if any(owner == merchant_id for owner, *_ in self.entries) else None)

    def _opening(self, merchant_id: str, day: date) -> int:
        return sum(credit - debit for owner, on, credit, debit in self.entries if owner == merchant_id and on < day)

    def _totals(self, merchant_id: str, day: date) -> Totals:
        of_day = [(credit, debit) for owner, on, credit, debit in self.entries if (owner, on) == (merchant_id, day)]
        return Totals(sum(credit for credit, _ in of_day), sum(debit for _, debit in of_day), len(of_day))


@dataclass
class MemoryCache:
    """Answers and leases in two dictionaries."""

    answers: dict[tuple[str, str], bytes] = field(default_factory=dict)
    leases: dict[str, bytes] = field(default_factory=dict)
    is_unavailable: bool = False

    def peek(self, merchant_id: str, key: str) -> CachedResponses | None:
        answer = self.answers.get((merchant_id, key))
        return None if answer is None else CachedResponses(answer)

    async def look_up(self, merchant_id: str, key: str) -> Lookup:
        if self.is_unavailable:
            return Lookup()
        lease = self.leases.setdefault(merchant_id, secrets.token_bytes(4))
        return Lookup(self.answers.get((merchant_id, key)), lease)

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: bytes) -> None:
        if self.leases.get(merchant_id) == lease:
            self.answers[merchant_id, key] = answer

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        for merchant_id in merchant_ids:
            self.leases.pop(merchant_id, None)
        self.answers = {key: answer for key, answer in self.answers.items() if key[0] not in merchant_ids}


@dataclass
class MemoryConsolidation:
    applied: set[tuple[str, UUID]] = field(default_factory=set)
    waited_s: list[float] = field(default_factory=list)

    async def wait_for(self, merchant_id: str, entry_id: UUID, timeout_s: float) -> bool:
        self.waited_s.append(timeout_s)
        return (merchant_id, entry_id) in self.applied


@dataclass
class MemoryPositions:
    """Counts each merchant's changes; `asked` holds whom each query was for."""

    changes: Counter[str] = field(default_factory=Counter)
    is_unavailable: bool = False
    asked: list[set[str]] = field(default_factory=list)

    async def positions(self, merchant_ids: Collection[str]) -> Mapping[str, Position]:
        self.asked.append(set(merchant_ids))
        if self.is_unavailable:
            raise ReadModelUnavailableError
        return {each: Position(str(self.changes[each]), AS_OF if self.changes[each] else None) for each in merchant_ids}


@dataclass
class MemoryApiKeyUses:
    uses: dict[str, list[ApiKeyUse]] = field(default_factory=dict)

    async def of(self, merchant_id: str) -> Sequence[ApiKeyUse]:
        return self.uses.get(merchant_id, [])


@dataclass
class World:
    """Everything around the use case, in memory; `journal` holds what happened, in order."""

    now: datetime = NOW
    entries: dict[bytes, RecordedEntry] = field(default_factory=dict)
    changes: dict[bytes, MerchantSettings | ApiKey] = field(default_factory=dict)
    settings: dict[str, MerchantSettings] = field(default_factory=dict)
    settings_fail: bool = False
    api_keys: dict[UUID, ApiKey] = field(default_factory=dict)
    inbox: set[UUID] = field(default_factory=set)
    refused: set[UUID] = field(default_factory=set)
    failing: set[UUID] = field(default_factory=set)
    database_is_unavailable: bool = False
    cache_is_unavailable: bool = False
    batches: list[int] = field(default_factory=list)
    journal: list[tuple[str, object]] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    purged: datetime | None = None
    monotonic_s: float = 0.0

    unconfirmed: set[UUID] = field(default_factory=set)
    """What the database loses when it goes down."""

    def go_down(self) -> None:
        self.inbox -= self.unconfirmed
        self.unconfirmed.clear()

    def decode(self, delivery: Delivery) -> Told:
        payload = delivery.payload
        if payload is None:
            raise UndecodableEventError("There is no event in the stream entry.")
        if payload == b"another":
            raise NotForBalancesError("fluxo.merchant.closed.v1", SkipReason.UNKNOWN_TYPE)
        if payload in self.changes:
            return self.changes[payload]
        if payload not in self.entries:
            raise UndecodableEventError("It is garbage.")
        return self.entries[payload]

    async def apply(self, entries: Sequence[RecordedEntry]) -> int:
        self.batches.append(len(entries))
        if self.database_is_unavailable:
            raise ReadModelUnavailableError
        for entry in entries:
            if entry.id in self.refused:
                raise EntryRefusedError(entry.id, "It breaks a rule.")
            if entry.id in self.failing:
                raise RuntimeError("a bug")
        new = {entry.id for entry in entries} - self.inbox
        self.inbox |= new
        self.unconfirmed |= new
        self.journal.append(("applied", len(new)))
        return len(new)

    async def confirm(self, entry_ids: Collection[UUID]) -> bool:
        if self.database_is_unavailable:
            raise ReadModelUnavailableError
        self.unconfirmed.clear()
        is_held = set(entry_ids) <= self.inbox
        self.journal.append(("confirmed" if is_held else "lost", len(entry_ids)))
        return is_held

    async def apply_settings(self, settings: Sequence[MerchantSettings]) -> int:
        if self.database_is_unavailable:
            raise ReadModelUnavailableError
        if self.settings_fail:
            raise RuntimeError("a bug")
        before = dict(self.settings)
        for each in settings:
            known = self.settings.get(each.merchant_id)
            if known is None or known.changed_at < each.changed_at:
                self.settings[each.merchant_id] = each
        applied = sum(before.get(merchant_id) != each for merchant_id, each in self.settings.items())
        self.journal.append(("applied settings", applied))
        return applied

    async def apply_api_keys(self, api_keys: Sequence[ApiKey]) -> int:
        if self.database_is_unavailable:
            raise ReadModelUnavailableError
        self.api_keys |= {each.id: each for each in api_keys}
        self.journal.append(("applied keys", len(api_keys)))
        return len(api_keys)

    async def purge_inbox(self, older_than: datetime) -> int:
        self.purged = older_than
        return 3

    async def invalidate(self, merchant_ids: Sequence[str]) -> None:
        self.journal.append(("invalidated", list(merchant_ids)))
        if self.cache_is_unavailable:
            raise CacheUnavailableError

    async def acknowledge(self, stream_ids: Sequence[str]) -> None:
        self.journal.append(("acknowledged", len(stream_ids)))
        self.acknowledged += stream_ids

    async def dead_letter(self, letters: Sequence[DeadLetter]) -> None:
        self.dead_letters += letters
