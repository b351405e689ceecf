"""Whatever comes, in whatever order and however often: all totals equal the sums of their entries."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import accumulate

import pytest
from fluxo_balances.adapters.postgres.projected_categories import PostgresProjectedCategories
from fluxo_balances.adapters.postgres.projected_days import PostgresProjectedDays
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.projecting.ports import RecordedEntry
from fluxo_balances.domain.daily_balance import NO_TOTALS, Totals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio

FIRST_DAY = date(2025, 12, 20)
MERCHANTS = ("a", "B", "ç")

CATEGORIES = ("vendas", "Vendas", "luz", None)

Draft = tuple[str, int, int, str | None]
"""Merchant, days after FIRST_DAY, net amount, category."""


@st.composite
def histories(draw) -> tuple[list[Draft], list[list[int]]]:
    """Entries, and batches of their indexes: each entry at least once, in any order."""
    amounts = st.integers(-10_000, 10_000).filter(bool)
    draft = st.tuples(st.sampled_from(MERCHANTS), st.integers(0, 100), amounts, st.sampled_from(CATEGORIES))
    drafts = draw(st.lists(draft, min_size=1, max_size=30))
    indexes = list(range(len(drafts)))
    again = draw(st.lists(st.sampled_from(indexes), max_size=15))
    deliveries = draw(st.permutations(indexes + again))
    size = draw(st.integers(1, 12))
    return drafts, [deliveries[start : start + size] for start in range(0, len(deliveries), size)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
async def test_every_day_month_and_category_equals_the_sum_of_its_entries(pool, recorded, history):
    drafts, batches = history
    prefix = secrets.token_hex(4)
    entries = [
        recorded(
            prefix + merchant,
            FIRST_DAY + timedelta(days=day),
            credit=max(0, net),
            debit=max(0, -net),
            category=category,
        )
        for merchant, day, net, category in drafts
    ]
    projection = PostgresProjection(pool)
    applied = [await projection.apply([entries[index] for index in batch]) for batch in batches]
    assert sum(applied) == len(entries)

    for merchant in MERCHANTS:
        merchant_id = prefix + merchant
        own = [entry for entry in entries if entry.merchant_id == merchant_id]
        days = _totals_by(own, lambda day: day)
        closings = accumulate(days[day].net_minor for day in sorted(days))
        expected = [
            (day, days[day], closing - days[day].net_minor, closing)
            for day, closing in zip(sorted(days), closings, strict=True)
        ]
        if days:
            after = (max(days).replace(day=1) + timedelta(days=31)).replace(day=1)
            expected.append((after, NO_TOTALS, expected[-1][3], expected[-1][3]))
        async with pool.acquire() as connection, connection.transaction():
            categories = [
                (each.month, each.category, each.totals)
                async for each in PostgresProjectedCategories(connection).projected_categories(merchant_id, None)
            ]
        months = {(each.business_date.replace(day=1), (each.category or "").lower()) for each in own}
        assert categories == [(*month, _totals_in(own, *month)) for month in sorted(months)]
        async with pool.acquire() as connection:
            projected = [
                (each.business_date, each.totals, each.opening_minor, each.closing_minor)
                async for each in PostgresProjectedDays(connection).projected_days(merchant_id, None, None)
            ]
        assert projected == expected
        assert await _month_sums(pool, merchant_id) == _totals_by(own, lambda day: day.replace(day=1))


def _totals_in(entries: Sequence[RecordedEntry], month: date, category: str) -> Totals:
    some = [each for each in entries if (each.category or "").lower() == category]
    return _totals_by(some, lambda day: day.replace(day=1))[month]


async def _month_sums(pool, merchant_id: str) -> dict[date, Totals]:
    rows = await pool.fetch("SELECT * FROM month_totals WHERE merchant_id = $1", merchant_id)
    return {row["month"]: Totals(row["credits_minor"], row["debits_minor"], row["entry_count"]) for row in rows}


def _totals_by(entries: Sequence[RecordedEntry], key: Callable[[date], date]) -> dict[date, Totals]:
    groups = defaultdict(list)
    for entry in entries:
        groups[key(entry.business_date)].append(entry)
    return {
        start: Totals(sum(each.credit_minor for each in some), sum(each.debit_minor for each in some), len(some))
        for start, some in groups.items()
    }
