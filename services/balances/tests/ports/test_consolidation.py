from datetime import date

import pytest
from fluxo_balances.adapters.postgres.consolidation import PROJECTION_CHANNEL, PostgresConsolidation
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_chassis.postgres import Notifications

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)


@pytest.fixture(params=["memory", "postgres"])
async def consolidation(request, api_pool, balances_database, memory_consolidation):
    if request.param == "memory":
        yield memory_consolidation
    else:
        async with (
            Notifications(balances_database.api_url, PROJECTION_CHANNEL) as notifications,
            PostgresConsolidation(api_pool, notifications) as consolidation,
        ):
            yield consolidation


@pytest.fixture
def apply(pool, memory_consolidation):
    """Apply an entry, here and there."""

    async def both(entry):
        memory_consolidation.applied.add((entry.merchant_id, entry.id))
        await PostgresProjection(pool).apply([entry])

    return both


async def test_an_entry_applied_before_is_seen_at_once(consolidation, apply, recorded):
    entry = recorded("m1", DAY, credit=1)
    await apply(entry)
    assert await consolidation.wait_for("m1", entry.id, 60)


async def test_another_merchants_entry_is_not_mine(consolidation, apply, recorded):
    entry = recorded("m2", DAY, credit=1)
    await apply(entry)
    assert not await consolidation.wait_for("m1", entry.id, 0.1)


async def test_an_entry_that_does_not_come_is_given_up(consolidation, recorded):
    assert not await consolidation.wait_for("m1", recorded("m1", DAY, credit=1).id, 0.1)
