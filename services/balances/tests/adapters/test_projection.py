import asyncio
import random
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
from fluxo_balances.adapters.postgres import projection_sql
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.projecting.ports import EntryRefusedError
from fluxo_balances.domain.daily_balance import DateRange, Totals
from fluxo_chassis.postgres import open_pool

pytestmark = pytest.mark.anyio

NOV_22 = date(2026, 11, 22)
BIGINT_MAX = 2**63 - 1
AMOUNT_MINOR_MAX = 99_999_999_999_999
BATCH_MAX = 5_000


@pytest.fixture
def projection(pool) -> PostgresProjection:
    return PostgresProjection(pool)


async def test_a_merchants_state_knows_the_newest_entry_and_leaves_the_column_of_the_release_before_alone(
    projection, pool, recorded
):
    noon, evening = datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)
    await projection.apply([recorded("m1", NOV_22, credit=1, at=evening)])
    await projection.apply([recorded("m1", NOV_22, credit=1, at=noon), recorded("m1", NOV_22, credit=1, at=noon)])
    assert tuple(await pool.fetchrow("SELECT * FROM merchants")) == ("m1", "BRL", evening, 0)


async def test_an_entry_in_another_currency_is_refused_and_nothing_is_applied(projection, recorded, day_totals):
    await projection.apply([recorded("m1", NOV_22, credit=1)])
    dollars = recorded("m1", NOV_22, credit=5)._replace(currency="USD")
    with pytest.raises(EntryRefusedError, match="currency") as refused:
        await projection.apply([recorded("m1", NOV_22, credit=1), dollars, recorded("m2", NOV_22, credit=1)])
    assert refused.value.entry_id == dollars.id
    assert await day_totals() == {("m1", NOV_22): (1, 0, 1)}


@pytest.mark.parametrize("side", ["credit", "debit"])
async def test_a_day_and_its_month_hold_whatever_their_entries_add_up_to(projection, pool, recorded, side):
    """On a row, too, that the release before has filled to the brim."""
    for amount_minor in (BIGINT_MAX, BATCH_MAX * AMOUNT_MINOR_MAX, 7):
        assert await projection.apply([recorded("m1", NOV_22, **{side: amount_minor})]) == 1
    assert await projection.apply([recorded("m1", date(2026, 11, 23), credit=5)]) == 1

    balances = PostgresDailyBalances(pool)
    total = BIGINT_MAX + BATCH_MAX * AMOUNT_MINOR_MAX + 7
    filled = Totals(total, 0, 3) if side == "credit" else Totals(0, total, 3)
    assert (await balances.day("m1", NOV_22)).totals == filled
    assert (await balances.day("m1", date(2026, 11, 24))).opening_minor == filled.net_minor + 5
    assert (await balances.day("m1", date(2026, 12, 1))).opening_minor == filled.net_minor + 5
    view = await balances.range("m1", DateRange(date(2026, 11, 1), date(2026, 11, 30)))
    assert dict(zip(view.totals.dates, view.totals.credits_minor, strict=True)) == {
        NOV_22: filled.credits_minor,
        date(2026, 11, 23): 5,
    }
    assert dict(zip(view.totals.dates, view.totals.debits_minor, strict=True))[NOV_22] == filled.debits_minor


async def test_there_is_room_for_a_batch_of_the_greatest_entries_however_great_the_totals_are(
    projection, pool, recorded
):
    for batch in range(1, 5):
        await projection.apply([recorded("m1", NOV_22, credit=AMOUNT_MINOR_MAX) for _ in range(BATCH_MAX)])
        day = await PostgresDailyBalances(pool).day("m1", NOV_22)
        assert day.totals == Totals(batch * BATCH_MAX * AMOUNT_MINOR_MAX, 0, batch * BATCH_MAX)
    assert await pool.fetchval("SELECT credits_minor < 2e18 AND credits_carry > 0 FROM month_totals")


@pytest.mark.parametrize("merchant_id", ["with\x00nul", "with\ud800surrogate"])
async def test_text_that_the_database_cannot_hold_is_refused(projection, recorded, merchant_id):
    bad = recorded(merchant_id, NOV_22, credit=1)
    with pytest.raises(EntryRefusedError) as refused:
        await projection.apply([recorded("m1", NOV_22, credit=1), bad])
    assert refused.value.entry_id == bad.id


async def test_one_notification_tells_of_a_batch_and_none_of_duplicates(projection, balances_database, recorded):
    heard = asyncio.Queue()
    listener = await asyncpg.connect(balances_database.url)
    await listener.add_listener("fluxo_balances", lambda *_: heard.put_nowait("applied"))
    entries = [recorded(f"m{number}", NOV_22, credit=1) for number in range(10)]
    await projection.apply(entries)
    await projection.apply(entries)
    await listener.execute("NOTIFY fluxo_balances, 'end'")
    await asyncio.wait_for(heard.get(), 60)
    await asyncio.wait_for(heard.get(), 60)
    assert heard.empty()
    await listener.close()


async def test_projectors_that_share_merchants_and_events_neither_deadlock_nor_count_twice(
    balances_database, recorded, day_totals
):
    days = [NOV_22 - timedelta(days=offset) for offset in range(40)]
    categories = ["vendas", "Vendas", "luz", None]
    entries = [
        recorded(f"m{number % 10}", days[number % 37], credit=1, category=categories[number % 4])
        for number in range(4_000)
    ]

    async def project(seed: int) -> int:
        pool = await open_pool(balances_database.url, application_name=f"projector-{seed}", max_size=1)
        batches = random.Random(seed).sample(entries, len(entries))
        applied = 0
        for start in range(0, len(batches), 100):
            # The statement by itself: no second try hides a deadlock.
            applied += await PostgresProjection(pool)._apply_whole(batches[start : start + 100])
        await pool.close()
        return applied

    assert sum(await asyncio.gather(project(1), project(2), project(3))) == 4_000
    assert sum(count for _, _, count in (await day_totals()).values()) == 4_000
    deadlocks = await _deadlocks(balances_database)
    assert deadlocks == 0


async def _deadlocks(database) -> int:
    connection = await asyncpg.connect(database.admin_url)
    await connection.execute("SELECT pg_stat_force_next_flush()")
    deadlocks = await connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = $1", database.name)
    await connection.close()
    return deadlocks


async def test_a_deadlock_with_a_stranger_is_tried_again(
    projection, pool, balances_database, recorded, day_totals, eventually
):
    await projection.apply([recorded("m1", NOV_22, credit=1), recorded("m2", NOV_22, credit=1)])
    stranger = await asyncpg.connect(balances_database.owner_url)
    transaction = stranger.transaction()
    await transaction.start()
    lock = "SELECT 1 FROM day_totals WHERE merchant_id = $1 FOR UPDATE"
    await stranger.execute(lock, "m2")
    applying = asyncio.create_task(
        projection.apply([recorded("m1", NOV_22, credit=1), recorded("m2", NOV_22, credit=1)])
    )
    waiting = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"
    admin = await asyncpg.connect(balances_database.admin_url)
    await eventually(lambda: admin.fetchval(waiting, balances_database.name))
    await admin.close()
    try:
        await stranger.execute(lock, "m1")
    except asyncpg.DeadlockDetectedError:
        await transaction.rollback()
    else:
        await transaction.commit()
    assert await asyncio.wait_for(applying, 60) == 2
    assert (await day_totals())["m2", NOV_22] == (2, 0, 2)
    await stranger.close()


async def test_a_database_that_is_unavailable_is_no_entrys_fault(recorded):
    pool = await open_pool("postgresql://nobody:x@127.0.0.1:9/none", application_name="tests")
    with pytest.raises(ReadModelUnavailableError):
        await PostgresProjection(pool).apply([recorded("m1", NOV_22, credit=1)])
    await pool.close()


async def test_a_schema_that_is_not_there_yet_is_no_entrys_fault(projection, balances_database, recorded):
    owner = await asyncpg.connect(balances_database.owner_url)
    await owner.execute("ALTER TABLE month_totals RENAME TO away")
    entry = recorded("m1", NOV_22, credit=1)
    with pytest.raises(ReadModelUnavailableError):
        await projection.apply([entry])
    await owner.execute("ALTER TABLE away RENAME TO month_totals")
    assert await projection.apply([entry]) == 1
    await owner.close()


async def test_connections_cut_while_projecting_heal_by_themselves(projection, balances_database, recorded):
    await projection.apply([recorded("m1", NOV_22, credit=1)])
    admin = await asyncpg.connect(balances_database.admin_url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
        balances_database.name,
    )
    await admin.close()
    entry = recorded("m1", NOV_22, credit=1)
    try:
        applied = await projection.apply([entry])
    except ReadModelUnavailableError:
        applied = await projection.apply([entry])
    assert applied == 1


async def test_the_inbox_forgets_what_is_too_old_and_nothing_else(projection, pool, recorded):
    line = datetime(2026, 10, 13, 12, tzinfo=UTC)
    old = [recorded("m1", NOV_22, credit=1, at=line - timedelta(seconds=seconds)) for seconds in (1, 60, 86_400)]
    kept = [recorded("m1", NOV_22, credit=1, at=line + timedelta(seconds=seconds)) for seconds in (0, 1, 86_400)]
    await projection.apply(old + kept)
    assert await projection.purge_inbox(line) == 3
    assert await projection.purge_inbox(line) == 0
    assert {row["event_id"] for row in await pool.fetch("SELECT event_id FROM inbox")} == {entry.id for entry in kept}


async def test_a_batch_meets_its_inbox_and_its_duplicates_without_a_nested_loop(pool):
    """The planner cannot know how long the arrays are; its guess must not cost the square of the batch."""
    async with pool.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        types = "uuid[], text[], date[], bigint[], bigint[], text[], timestamptz[], text[], boolean"
        await connection.execute(f"PREPARE apply ({types}) AS {projection_sql.APPLY}")
        plan = await connection.fetch("EXPLAIN EXECUTE apply ('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', false)")
        await connection.execute("DEALLOCATE apply")
        await connection.execute("RESET plan_cache_mode")
    text = "\n".join(line[0] for line in plan)
    assert "Hash" in text
    assert "Nested Loop" not in text
