from datetime import date
from decimal import Decimal

import pytest
from fluxo_entries.application.recording.ports import EntryFilter
from fluxo_entries.domain.direction import Direction
from fluxo_entries.domain.draft import Draft

pytestmark = pytest.mark.anyio


@pytest.fixture
def list_entries(service):
    async def list_entries(after=None, limit=2, **wanted):
        return await service.use_cases.list_entries("padaria", EntryFilter(**wanted), after=after, limit=limit)

    return list_entries


@pytest.fixture
def record(service):
    async def record(day: int, key: str):
        draft = Draft(Direction.CREDIT, Decimal(1), "Venda", business_date=date(2026, 11, day))
        await service.use_cases.record_entry("padaria", draft, idempotency_key=key, traceparent="")

    return record


async def test_a_last_page_that_is_full_says_that_it_is_the_last(list_entries, record):
    await record(1, "a")
    await record(1, "b")
    assert (await list_entries()).next is None


async def test_no_entry_is_repeated_or_lost_while_newer_days_are_recorded(list_entries, record):
    for day in (1, 2, 3):
        await record(day, f"k{day}")
    page = await list_entries()
    await record(9, "meanwhile")
    rest = await list_entries(page.next)
    assert [item.entry.business_date.day for item in (*page.items, *rest.items)] == [3, 2, 1]
