"""What is read of days, ranges and categories, from PostgreSQL and from memory."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.reading.ports import DayView
from fluxo_balances.domain.category_totals import categorize
from fluxo_balances.domain.daily_balance import (
    NO_TOTALS,
    RANGE_DAYS_MAX,
    DateRange,
    MerchantState,
    TotalsByDay,
    carry_forward,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio

days = st.dates(date(2025, 11, 1), date(2026, 2, 28)) | st.sampled_from([date(1900, 1, 1), date.max])
categories = st.sampled_from(["vendas", "Vendas", "luz", None])
moves = st.tuples(days, st.integers(0, 10**14), st.booleans(), categories)


@given(moves=st.lists(moves, max_size=25), asked=st.lists(st.tuples(days, days), min_size=1, max_size=6))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_days_ranges_and_categories_agree_with_adding_up_every_entry(
    pool, api_pool, recorded, memory_read_model, moves, asked
):
    merchant_id = uuid4().hex
    entries = []
    began = datetime.now(UTC)
    for number, (day, amount, is_credit, category) in enumerate(moves):
        amounts = {"credit" if is_credit else "debit": amount + 1, "category": category}
        memory_read_model.add(merchant_id, day, **amounts)
        entries.append(recorded(merchant_id, day, at=began + timedelta(microseconds=number), **amounts))
    await PostgresProjection(pool).apply(entries)
    balances = PostgresDailyBalances(api_pool)

    for first, last in asked:
        expected, found = await memory_read_model.day(merchant_id, first), await balances.day(merchant_id, first)
        assert (found.opening_minor, found.totals) == (expected.opening_minor, expected.totals)
        if 0 <= (last - first).days < RANGE_DAYS_MAX:
            wanted = DateRange(first, last)
            expected, found = (
                await memory_read_model.range(merchant_id, wanted),
                await balances.range(merchant_id, wanted),
            )
            in_days = carry_forward(found.opening_minor, wanted, found.totals)
            assert in_days == carry_forward(expected.opening_minor, wanted, expected.totals)
            parts, expected_parts = (
                categorize(wanted, view.totals, view.categories)
                for view in (
                    await balances.categories(merchant_id, wanted),
                    await memory_read_model.categories(merchant_id, wanted),
                )
            )
            assert parts == expected_parts
            assert parts.totals == in_days.totals


@pytest.mark.parametrize("storage", ["memory", "postgres"])
async def test_a_merchant_nobody_heard_of_has_zeros(storage, api_pool, memory_read_model):
    balances = memory_read_model if storage == "memory" else PostgresDailyBalances(api_pool)
    assert await balances.day("nobody", date.max) == DayView(MerchantState("BRL", None), 0, NO_TOTALS)
    assert (await balances.range("nobody", DateRange(date.max, date.max))).totals == TotalsByDay()
