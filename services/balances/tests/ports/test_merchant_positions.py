from datetime import UTC, date, datetime, timedelta

import pytest
from fluxo_balances.adapters.postgres.merchant_positions import PostgresMerchantPositions
from fluxo_balances.adapters.postgres.projection import PostgresProjection

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 14, 32, 10, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "postgres"])
def positions(request, api_pool, memory_positions):
    return memory_positions if request.param == "memory" else PostgresMerchantPositions(api_pool)


@pytest.fixture
def apply(pool, memory_positions, recorded):
    """Apply an entry of a merchant, recorded so many seconds before NOW, here and there."""

    async def both(merchant_id, before_s=0):
        memory_positions.changes[merchant_id] += 1
        entry = recorded(merchant_id, DAY, credit=1, at=NOW - timedelta(seconds=before_s))
        await PostgresProjection(pool).apply([entry])

    return both


async def test_who_is_not_heard_of_stands_somewhere_too(positions):
    found = await positions.positions(["m1", "m2"])
    assert found["m1"] == found["m2"]
    assert found["m1"].as_of is None


async def test_each_change_moves_its_merchant_and_nobody_else(positions, apply):
    await apply("m2")
    seen = [await positions.positions(["m1", "m2"])]
    for before_s in (0, 0, 60):  # An entry that comes late does not move `as_of`.
        await apply("m1", before_s)
        seen.append(await positions.positions(["m1", "m2"]))
    assert len({found["m1"].id for found in seen}) == 4
    assert [found["m1"].as_of for found in seen] == [None, *[seen[1]["m2"].as_of] * 3]
    assert len({found["m2"].id for found in seen}) == 1


async def test_nothing_changes_where_nothing_is_asked(positions):
    assert await positions.positions([]) == {}
