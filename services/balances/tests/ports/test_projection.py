from datetime import date

import pytest
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.projecting.ports import EntryRefusedError

from services.balances.tests.fakes import World

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)


@pytest.fixture
def world():
    return World()


@pytest.fixture(params=["memory", "postgres"])
def projection(request, world):
    return world if request.param == "memory" else PostgresProjection(request.getfixturevalue("pool"))


async def test_an_entry_delivered_again_is_not_new(projection, recorded):
    entries = [recorded("m1", DAY, credit=100), recorded("m2", DAY, debit=30)]
    assert await projection.apply(entries) == 2
    assert await projection.apply([*entries, recorded("m1", DAY, credit=1)]) == 1
    assert await projection.apply([]) == 0


async def test_an_entry_that_stands_twice_in_a_batch_counts_once(projection, recorded):
    entry = recorded("m1", DAY, credit=100)
    assert await projection.apply([entry, entry, entry]) == 1


async def test_one_that_is_refused_is_named_and_the_others_may_be_applied_without_it(projection, world, recorded):
    good = [recorded("m1", DAY, credit=1) for _ in range(2)]
    bad = recorded("m1", DAY, credit=5)._replace(currency="USD")
    world.refused.add(bad.id)
    with pytest.raises(EntryRefusedError) as refused:
        await projection.apply([good[0], bad, good[1]])
    assert refused.value.entry_id == bad.id
    assert await projection.apply(good) == 2


async def test_all_that_was_applied_is_confirmed_by_any_of_it(projection, recorded):
    first, second, missing = (recorded("m1", DAY, credit=1) for _ in range(3))
    await projection.apply([first])
    await projection.apply([second])
    assert await projection.confirm({first.id})
    assert await projection.confirm({first.id, second.id})
    assert await projection.confirm(set())
    assert not await projection.confirm({first.id, missing.id})
