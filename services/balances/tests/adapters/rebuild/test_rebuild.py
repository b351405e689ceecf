"""What stands after a rebuild is what the entries say, whatever stood there before."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.application.reading.get_category_totals import GetCategoryTotals
from fluxo_balances.application.rebuilding.ports import ReplayBrokenError
from fluxo_balances.application.rebuilding.rebuild_projection import OldAnswersRemainError
from fluxo_balances.domain.category_totals import CategoryTotalsNotBuiltError
from fluxo_balances.domain.daily_balance import DateRange
from fluxo_balances.domain.inbox import PURGED_AFTER
from fluxo_chassis.redis import RedisClient

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)


@pytest.fixture
def entries(recorded):
    return [
        recorded(
            merchant,
            DAY - timedelta(days=n * 11),
            credit=n % 3,
            debit=(n + 1) % 3 if n % 3 == 0 else 0,
            category=("Vendas", "VENDAS", "Conta\\de luz", None)[n % 4],
        )
        for merchant in ("padaria", "Zebra")
        for n in range(12)
    ]


@pytest.mark.parametrize(
    "falsify",
    [
        "UPDATE day_totals SET credits_minor = credits_minor + 1",
        "UPDATE month_totals SET debits_minor = debits_minor + 1",
        "DELETE FROM day_totals WHERE merchant_id = 'padaria'",
        "DELETE FROM month_totals",
        "UPDATE category_totals SET debits_minor = debits_minor + 1",
        "DELETE FROM category_totals WHERE category = 'vendas'",
        "UPDATE category_names SET name = 'vendas'",
        "DELETE FROM inbox",
        "INSERT INTO month_totals VALUES ('phantom', '2026-01-01', 1, 0, 1)",
        "INSERT INTO day_totals VALUES ('phantom', '2026-01-01', 1, 0, 1)",
        "INSERT INTO category_totals VALUES ('phantom', '2026-01-01', 'vendas', 1, 0, 1)",
        "INSERT INTO merchants VALUES ('phantom', 'BRL', now())",
        "UPDATE merchants SET currency = 'USD', as_of = as_of + interval '1 day'",
        "INSERT INTO merchant_settings VALUES ('phantom', 'EUR', now())",
        "TRUNCATE inbox, day_totals, month_totals, merchants",
    ],
)
async def test_whatever_was_falsified_is_right_again(
    pool, owner, entries, rebuilding, replay_of, content, expected, falsify
):
    await PostgresProjection(pool).apply(entries)
    await owner.execute(falsify)
    assert await content() != expected(entries)

    assert await rebuilding(replay_of([entries[:5], entries[5:]])) == len(entries)

    assert await content() == expected(entries)


async def test_a_merchant_whose_entries_are_refused_is_named_stays_as_it_was_and_hinders_no_other(
    pool, owner, recorded, entries, rebuilding, replay_of, content, expected
):
    kept = [recorded("banca", DAY, credit=5), recorded("banca", DAY - timedelta(days=60), debit=3)]
    dollars = recorded("banca", DAY, credit=7)._replace(currency="USD")
    await PostgresProjection(pool).apply([*entries, *kept])
    await owner.execute("UPDATE day_totals SET credits_minor = credits_minor + 1 WHERE merchant_id <> 'banca'")
    replay = replay_of([[*entries[:5], kept[0]], [dollars, *entries[5:]], [kept[1]]])

    assert await rebuilding(replay) == len(entries) + 3

    assert replay.refused == {"banca": "The entry's currency is not the merchant's."}
    assert await content() == expected([*entries, *kept])


async def test_what_was_applied_before_there_were_categories_is_missing_there_until_a_rebuild(
    pool, owner, entries, rebuilding, replay_of, content, expected
):
    await PostgresProjection(pool).apply(entries)
    await owner.execute("DELETE FROM category_totals; DELETE FROM category_names")
    get_category_totals = GetCategoryTotals(PostgresDailyBalances(pool))
    year = DateRange(DAY - timedelta(days=365), DAY)
    with pytest.raises(CategoryTotalsNotBuiltError):
        await get_category_totals("padaria", year)

    await rebuilding(replay_of([entries]))

    _, found = await get_category_totals("padaria", year)
    assert {item.category for item in found.items} == {"Vendas", "Conta\\de luz", None}
    assert found.totals.entry_count == 12


async def test_no_entries_leave_nothing(pool, entries, rebuilding, replay_of, content, expected):
    await PostgresProjection(pool).apply(entries)
    assert await rebuilding(replay_of([])) == 0
    assert await content() == expected([])


async def test_an_event_delivered_after_the_rebuild_is_known_when_its_entry_was_replayed(
    pool, recorded, entries, rebuilding, replay_of, content, expected
):
    late = recorded("padaria", DAY, credit=7)
    await rebuilding(replay_of([entries]))
    assert await PostgresProjection(pool).apply([*entries, late]) == 1
    assert await content() == expected([*entries, late])


async def test_ids_that_the_inbox_would_forget_are_not_taken_into_it(pool, recorded, rebuilding, replay_of, content):
    forgotten = recorded("padaria", DAY, credit=1, at=datetime.now(UTC) - PURGED_AFTER - timedelta(minutes=1))
    remembered = recorded("padaria", DAY, credit=1, at=datetime.now(UTC) - PURGED_AFTER + timedelta(minutes=1))
    await rebuilding(replay_of([[forgotten, remembered]]))
    rebuilt = await content()
    assert rebuilt["inbox"] == {(remembered.id, "padaria")}
    assert rebuilt["day_totals"] == {("padaria", DAY, 2, 0, 2)}


SCHEMA = """
SELECT pg_class.oid::regclass::text AS name, to_jsonb(array_agg(fact ORDER BY fact)) AS facts
FROM pg_class, LATERAL (
    SELECT format('owner %s, rules %s %s %s, stored %s %s', relowner::regrole, relrowsecurity, relforcerowsecurity,
        relreplident, relpersistence, reloptions)
    UNION ALL
    SELECT format('%s may %s, given by %s', grantee::regrole, privilege_type, grantor::regrole)
    FROM aclexplode(relacl)
    UNION ALL
    SELECT format('column %s %s %s %s %s %s %s %s', attname, attnum, format_type(atttypid, atttypmod),
        attcollation::regcollation, attnotnull, attstorage, attacl, pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = pg_class.oid AND attnum > 0
    UNION ALL
    SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = pg_class.oid
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(indexrelid)) FROM pg_index WHERE indrelid = pg_class.oid
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE tgrelid = pg_class.oid
    UNION ALL
    SELECT format('policy %s', to_jsonb(pg_policies)) FROM pg_policies WHERE tablename = relname
    UNION ALL
    SELECT format('comment %s', description) FROM pg_description WHERE objoid = pg_class.oid
) AS facts (fact)
WHERE relnamespace = 'public'::regnamespace
GROUP BY pg_class.oid
"""


async def test_the_schema_is_the_migrated_one(owner, entries, rebuilding, replay_of):
    migrated = {row["name"]: json.loads(row["facts"]) for row in await owner.fetch(SCHEMA)}
    assert {"inbox", "day_totals", "day_totals_pkey", "month_totals", "merchants", "rebuild"} <= migrated.keys()
    for _ in range(2):
        await rebuilding(replay_of([entries]))
        assert {row["name"]: json.loads(row["facts"]) for row in await owner.fetch(SCHEMA)} == migrated
        assert await owner.fetchval("SELECT pg_advisory_unlock_all() IS NOT NULL")
        await owner.execute("DROP TABLE replayed")


async def test_cached_answers_and_leases_of_all_merchants_go_and_nothing_else(
    cache, cache_client, rebuilding, replay_of
):
    answers = RedisBalanceCache(cache_client)
    await cache.set("another", "1")
    for n in range(1_500):
        await answers.store(f"m{n}", "day", b"wrong", (await answers.look_up(f"m{n}", "day")).lease)
    lease = (await answers.look_up("reading", "day")).lease
    await rebuilding(replay_of([]))
    await answers.store("reading", "day", b"read before", lease)
    # Without their lease what is left of answers is void, and expires.
    left = await cache.keys("*")
    assert [key for key in left if not key.endswith(b":answers")] == [b"another"]
    for merchant_id in (*(f"m{n}" for n in range(1_500)), "reading"):
        assert (await answers.look_up(merchant_id, "day")).answer is None


async def test_a_cache_that_is_unavailable_is_told_and_the_balances_are_rebuilt(
    pool, owner, entries, rebuilding, replay_of, content, expected, monkeypatch
):
    monkeypatch.setattr("fluxo_balances.adapters.redis.cached_answers.TRIES", 2)
    async with RedisClient("redis://127.0.0.1:9", timeout_s=0.2) as away:
        with pytest.raises(OldAnswersRemainError):
            await rebuilding(replay_of([entries]), answers=RedisCachedAnswers(away))
    assert await content() == expected(entries)


@pytest.mark.parametrize("changes", [{"announced": 25}, {"announced": 23}, {"mark": UUID(int=7)}])
async def test_a_replay_that_is_not_whole_or_not_for_this_rebuild_changes_nothing(
    pool, owner, entries, rebuilding, replay_of, content, changes
):
    await PostgresProjection(pool).apply(entries[:3])
    before = await content()
    with pytest.raises(ReplayBrokenError):
        await rebuilding(replay_of([entries], **changes))
    assert await content() == before
    assert await owner.fetchval("SELECT count(*) FROM rebuild") == 0
    assert await owner.fetchval("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'shadow%'") == 0


async def test_giving_up_in_the_middle_changes_nothing(pool, owner, entries, rebuilding, replay_of, content):
    await PostgresProjection(pool).apply(entries[:3])
    before = await content()
    loading = asyncio.Event()

    async def stay():
        loading.set()
        await asyncio.Event().wait()

    rebuild = asyncio.create_task(rebuilding(replay_of([entries], before_each_part=stay)))
    await loading.wait()
    rebuild.cancel()
    await asyncio.wait([rebuild])
    assert rebuild.cancelled()
    assert await content() == before
    assert await owner.fetchval("SELECT count(*) FROM rebuild") == 0
