"""A rebuild, and replays made up by the test."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import pytest
from fluxo_balances.adapters.postgres.carry import whole
from fluxo_balances.adapters.postgres.shadow_tables import PostgresShadowTables
from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.application.projecting.ports import RecordedEntry
from fluxo_balances.application.rebuilding.ports import ReplayPart
from fluxo_balances.application.rebuilding.rebuild_projection import Observer, RebuildProjection
from fluxo_balances.domain.api_key import ApiKey
from fluxo_balances.domain.merchant_settings import MerchantSettings
from fluxo_chassis.process import SystemClock


def part_of(entries: Sequence[RecordedEntry]) -> ReplayPart:
    """The entries as the entries service's replay tells them."""
    lines = (
        "\t".join(
            (
                str(entry.id),
                entry.merchant_id,
                "credit" if entry.credit_minor else "debit",
                str(entry.credit_minor or entry.debit_minor),
                entry.currency,
                entry.business_date.isoformat(),
                entry.recorded_at.isoformat(),
                r"\N" if entry.category is None else entry.category.replace("\\", r"\\"),
            )
        )
        for entry in entries
    )
    return ReplayPart(len(entries), "".join(f"{line}\n" for line in lines).encode())


async def nothing_happens() -> None:
    pass


@dataclass
class ReplayOf:
    """A replay of given parts; things may happen before it is taken, and before each part."""

    parts_of_entries: Sequence[Sequence[RecordedEntry]]
    before: Callable[[], Awaitable[None]] = nothing_happens
    before_each_part: Callable[[], Awaitable[None]] = nothing_happens
    announced: int | None = None
    mark: UUID | None = None
    refused: dict[str, str] = field(default_factory=dict)
    merchants: Sequence[MerchantSettings] = ()
    keys: Sequence[ApiKey] = ()

    def marked(self, mark: UUID) -> None:
        self.mark = self.mark or mark

    async def begin(self) -> tuple[UUID, int]:
        await self.before()
        entries = sum(map(len, self.parts_of_entries)) if self.announced is None else self.announced
        return self.mark, entries

    async def settings(self) -> Sequence[MerchantSettings]:
        return self.merchants

    async def api_keys(self) -> Sequence[ApiKey]:
        return self.keys

    async def parts(self) -> AsyncIterator[ReplayPart]:
        for part in self.parts_of_entries:
            await self.before_each_part()
            yield part_of(part)


@pytest.fixture
def replayed() -> Callable[[Sequence[RecordedEntry]], ReplayPart]:
    return part_of


@pytest.fixture
def replay_of() -> type[ReplayOf]:
    return ReplayOf


@pytest.fixture
async def owner(balances_database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(balances_database.owner_url)
    yield connection
    connection.terminate()


@pytest.fixture
def rebuilding(owner, cache_client) -> Callable[..., Awaitable[int]]:
    """Rebuild from a replay, on the owner's connection or another one."""

    async def rebuild(replay: ReplayOf, connection: asyncpg.Connection | None = None, answers: object = None) -> int:
        command = RebuildProjection(
            PostgresShadowTables(connection or owner),
            answers or RedisCachedAnswers(cache_client),
            SystemClock(),
            Observer(replay.marked, lambda *_: None, replay.refused.__setitem__),
        )
        return await command(replay)

    return rebuild


@pytest.fixture
def content(pool) -> Callable[[], Awaitable[dict[str, set[tuple]]]]:
    """All rows of the read model but for `merchants.version`, which only the release before wrote."""

    async def read() -> dict[str, set[tuple]]:
        sums = f"{whole('credits')}, {whole('debits')}, entry_count"
        columns = {
            "inbox": "*",
            "day_totals": f"merchant_id, business_date, {sums}",
            "month_totals": f"merchant_id, month, {sums}",
            "category_totals": f"merchant_id, business_date, category, {sums}",
            "category_names": "*",
            "merchants": "merchant_id, currency, as_of",
            "merchant_settings": "*",
            "api_keys": "*",
        }
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            return {
                table: {tuple(row) for row in await connection.fetch(f"SELECT {wanted} FROM {table}")}
                for table, wanted in columns.items()
            }

    return read


def summed(entries: Sequence[RecordedEntry]) -> dict[str, set[tuple]]:
    """The same, added up one by one."""
    days, months, categories = (defaultdict(lambda: [0, 0, 0]) for _ in range(3))
    newest: dict[str, datetime] = {}
    named: dict[tuple[str, str], tuple[datetime, str]] = {}
    for entry in entries:
        for totals in (
            days[entry.merchant_id, entry.business_date],
            months[entry.merchant_id, entry.business_date.replace(day=1)],
            categories[entry.merchant_id, entry.business_date, (entry.category or "").lower()],
        ):
            for at, more in enumerate((entry.credit_minor, entry.debit_minor, 1)):
                totals[at] += more
        if entry.category:
            key, name = (entry.merchant_id, entry.category.lower()), (entry.recorded_at, entry.category)
            named[key] = min(name, named.get(key, name))
        newest[entry.merchant_id] = max(entry.recorded_at, newest.get(entry.merchant_id, entry.recorded_at))
    return {
        "inbox": {(entry.id, entry.merchant_id) for entry in entries},
        "day_totals": {(*key, *totals) for key, totals in days.items()},
        "month_totals": {(*key, *totals) for key, totals in months.items()},
        "category_totals": {(*key, *totals) for key, totals in categories.items()},
        "category_names": {(*key, name, recorded_at) for key, (recorded_at, name) in named.items()},
        "merchants": {(merchant_id, "BRL", recorded_at) for merchant_id, recorded_at in newest.items()},
        "merchant_settings": set(),
        "api_keys": set(),
    }


@pytest.fixture
def expected() -> Callable[[Sequence[RecordedEntry]], dict[str, set[tuple]]]:
    return summed
