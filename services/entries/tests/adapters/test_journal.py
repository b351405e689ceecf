import asyncio
from collections import Counter

import pytest
from fluxo_chassis.resilience import CircuitBreaker
from fluxo_contracts.entry_recorded import decode
from fluxo_entries.adapters.observed_journal import disposition
from fluxo_entries.adapters.postgres.merchants import PostgresMerchants
from fluxo_entries.domain.errors import (
    CurrencyFixedError,
    OutcomeUnknownError,
    RejectedFieldsError,
)
from fluxo_entries.domain.merchant import Merchant

pytestmark = pytest.mark.anyio


async def count(pool, table):
    return await pool.fetchval(f"SELECT count(*) FROM {table}")


async def count_events(pool):
    return await count(pool, "outbox") + await pool.fetchval("SELECT coalesce(sum(event_count), 0) FROM bulk_outbox")


async def test_an_entry_is_stored_with_its_key_and_its_event(journal, pool, recording):
    given = recording(category=None)

    outcome = await journal.append(given)

    assert not outcome.replayed
    assert outcome.entry == given.entry
    assert await count(pool, "entries") == await count(pool, "idempotency_keys") == 1
    event = decode(await pool.fetchval("SELECT event FROM outbox"))
    assert (event.id, event.subject, event.time) == (given.entry.id, "padaria", given.entry.recorded_at)
    assert (event.data.amount, event.data.amount_minor, event.data.category) == ("150.00", 15_000, None)
    assert event.traceparent == given.traceparent


async def test_one_key_across_two_journals_is_recorded_once(journal, pool, entries_database, recording):
    from fluxo_entries.adapters.postgres.group_commit import GroupCommitter  # noqa: PLC0415 - this test's second one

    async with GroupCommitter(entries_database.api_url, "other", CircuitBreaker("other")) as other:
        keys = [f"k{n}" for n in range(200)]
        outcomes = await asyncio.gather(
            *(each.append(recording(key=key)) for each in (journal, other) for key in sorted(keys, reverse=True))
        )
    assert Counter(map(disposition, outcomes)) == {"recorded": 200, "replayed": 200}
    assert await count(pool, "entries") == await count(pool, "outbox") == 200


async def test_currency_and_first_entry_race_and_never_contradict_each_other(journal, api_pool, recording):
    merchants = PostgresMerchants(api_pool)
    for n in range(20):
        merchant_id = f"m{n}"
        await merchants.save(Merchant(merchant_id, merchant_id))
        saved, appended = await asyncio.gather(
            merchants.save(Merchant(merchant_id, merchant_id, currency="USD")),
            journal.append(recording(merchant_id=merchant_id)),
            return_exceptions=True,
        )
        assert isinstance(saved, CurrencyFixedError) != isinstance(appended, RejectedFieldsError)


async def test_overlapping_bulks_in_opposite_orders_record_each_key_once(journal, pool, recording):
    keys = [f"k{n:04}" for n in range(1500)]
    bulks = [[recording(key=key) for key in order] for order in (keys, keys[::-1], keys[700:] + keys[:700])]
    singles = [recording(key=key) for key in keys[::10]]

    results = await asyncio.gather(
        *(journal.append_all(bulk, atomic=False) for bulk in bulks), *(journal.append(each) for each in singles)
    )

    outcomes = [*results[0], *results[1], *results[2], *results[3:]]
    assert Counter(map(disposition, outcomes))["recorded"] == 1500
    assert await count(pool, "entries") == await count_events(pool) == 1500


async def test_a_bulk_that_the_database_does_not_get_on_with_is_answered_in_time(journal, owner, recording):
    async with owner.transaction():
        await owner.execute("LOCK TABLE entries IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OutcomeUnknownError):
            async with asyncio.timeout(30):  # it would wait for ever
                await journal.append_all([recording() for _ in range(10)], atomic=True)
