"""Projectors go on while the projection is rebuilt; each entry counts once, whenever and however often it comes."""

import asyncio
from datetime import date, timedelta
from functools import partial

import asyncpg
import pytest
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.postgres.shadow_tables import PostgresShadowTables
from fluxo_balances.application.ports import ReadModelUnavailableError
from fluxo_balances.application.rebuilding.ports import AnotherRebuildRunsError, RebuildSupersededError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
LIVE_ONLY, MARKED, LOADING, AFTER = range(4)
"""When a projector gets an event: before the mark, before the snapshot, between two parts, after the swap."""


@st.composite
def histories(draw) -> list[tuple[bool, list[int]]]:
    """For each entry: whether the replay holds it, and when it is delivered.

    What is delivered before the snapshot was recorded before it, so the replay holds it. What the replay does not hold
    is delivered some time.
    """
    entries = []
    for _ in range(draw(st.integers(1, 14))):
        is_replayed = draw(st.booleans())
        moments = range(4) if is_replayed else (LOADING, AFTER)
        entries.append((is_replayed, draw(st.lists(st.sampled_from(moments), min_size=not is_replayed, max_size=3))))
    return entries


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.integers(1, 5))
async def test_each_entry_counts_once_whenever_its_event_comes(
    pool, recorded, balances_database, rebuilding, replay_of, content, expected, history, part_size
):
    await _emptied(balances_database)
    projection = PostgresProjection(pool)
    entries = [recorded(f"m{n % 3}", DAY - timedelta(days=n * 9), credit=1 + n) for n in range(len(history))]
    deliveries = [(moment, entry) for entry, (_, moments) in zip(entries, history, strict=True) for moment in moments]
    replay = [entry for entry, (is_replayed, _) in zip(entries, history, strict=True) if is_replayed]
    parts = [replay[start : start + part_size] for start in range(0, len(replay), part_size)]
    loading = iter([entry for moment, entry in deliveries if moment == LOADING])

    async def deliver(moment: int) -> None:
        await projection.apply([entry for when, entry in deliveries if when == moment])

    async def deliver_one() -> None:
        await projection.apply([entry for entry in (next(loading, None),) if entry is not None])

    async def deliver_marked() -> None:
        await deliver(MARKED)
        # With no part there is no moment between two.
        await deliver_one()

    await deliver(LIVE_ONLY)
    connection = await asyncpg.connect(balances_database.owner_url)
    await rebuilding(replay_of(parts, deliver_marked, deliver_one), connection)
    await connection.close()
    assert await _ids(pool) >= {entry.id for entry in replay}
    await projection.apply(list(loading))
    await deliver(AFTER)

    assert await content() == expected(entries)


async def _emptied(database) -> None:
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute("TRUNCATE inbox, day_totals, month_totals, merchants")
    await connection.close()


async def _ids(pool) -> set:
    return {row["event_id"] for row in await pool.fetch("SELECT event_id FROM inbox")}


async def test_projectors_at_full_speed_lose_nothing_over_rebuild_after_rebuild(
    pool, recorded, balances_database, rebuilding, replay_of, content, expected
):
    projection = PostgresProjection(pool)
    recorded_so_far = []
    stop = asyncio.Event()

    async def record_and_project() -> None:
        mine = []
        while not stop.is_set():
            batch = [recorded(f"m{n % 5}", DAY - timedelta(days=n), credit=1 + n) for n in range(20)]
            recorded_so_far.extend(batch)
            # Some come late, and some again.
            mine = batch[:15] + mine[-10:]
            await _applied(projection, mine)
            mine = batch[15:]
        await _applied(projection, mine)

    async def rebuild() -> None:
        connection = await asyncpg.connect(balances_database.owner_url)
        replay = replay_of([])

        async def take_snapshot() -> None:
            size = max(1, len(recorded_so_far) // 8)
            replay.parts_of_entries = [
                recorded_so_far[start : start + size] for start in range(0, len(recorded_so_far), size)
            ]

        replay.before = take_snapshot
        await rebuilding(replay, connection)
        await connection.close()

    projectors = [asyncio.create_task(record_and_project()) for _ in range(3)]
    for _ in range(4):
        await rebuild()
    stop.set()
    await asyncio.gather(*projectors)

    assert len(recorded_so_far) > 500
    assert await content() == expected(recorded_so_far)


async def _applied(projection: PostgresProjection, entries: list) -> None:
    """As the projector does it: what the database cannot do now is tried again, and nothing else is."""
    async with asyncio.timeout(60):
        while True:
            try:
                await projection.apply(entries)
            except ReadModelUnavailableError:
                await asyncio.sleep(0.001)
            else:
                return


async def test_while_a_rebuild_lives_both_sets_of_tables_are_written_and_its_mark_stays(pool, owner, recorded):
    projection = PostgresProjection(pool)
    shadow = PostgresShadowTables(owner)
    old, new = recorded("m", DAY, credit=1), recorded("m", DAY, credit=2)
    await projection.apply([old])
    mark = await shadow.prepare()
    assert await projection.apply([old, new]) == 1
    assert await owner.fetchval("SELECT credits_minor FROM day_totals") == 3
    assert await owner.fetchval("SELECT credits_minor FROM shadow_day_totals") == 3
    assert await owner.fetchval("SELECT mark FROM rebuild") == mark


async def test_a_second_rebuild_is_refused_and_the_first_goes_on(
    owner, balances_database, recorded, rebuilding, replay_of, content, expected
):
    entries = [recorded("m", DAY, credit=1)]

    async def second() -> None:
        connection = await asyncpg.connect(balances_database.owner_url)
        with pytest.raises(AnotherRebuildRunsError):
            await rebuilding(replay_of([]), connection)
        await connection.close()

    await rebuilding(replay_of([entries], before_each_part=second))
    assert await content() == expected(entries)


async def test_a_dead_rebuild_costs_the_projectors_one_look_and_the_next_one_starts_afresh(
    pool, owner, balances_database, recorded, rebuilding, replay_of, content, expected, eventually
):
    projection = PostgresProjection(pool)
    entries = [recorded("m", DAY, credit=n) for n in range(1, 6)]
    killed = await asyncpg.connect(balances_database.owner_url)
    await PostgresShadowTables(killed).prepare()
    await projection.apply(entries[:2])
    await owner.execute("SELECT pg_terminate_backend($1)", killed.get_server_pid())

    async def is_gone() -> bool:
        query = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $1"
        return await owner.fetchval(query, killed.get_server_pid())

    await eventually(is_gone)

    assert await projection.apply(entries[2:4]) == 2
    assert await owner.fetchval("SELECT count(*) FROM rebuild") == 0
    assert await owner.fetchval("SELECT entry_count FROM shadow_day_totals") == 2

    await rebuilding(replay_of([entries]))
    assert await content() == expected(entries)


async def test_a_rebuild_whose_mark_was_removed_does_not_take_over(
    pool, owner, recorded, rebuilding, replay_of, content
):
    await PostgresProjection(pool).apply([recorded("m", DAY, credit=1)])
    before = await content()

    async def remove_mark() -> None:
        await pool.execute("DELETE FROM rebuild")

    with pytest.raises(RebuildSupersededError):
        await rebuilding(replay_of([[recorded("m", DAY, credit=2)]], before_each_part=remove_mark))
    assert await content() == before


async def test_a_long_read_delays_the_swap_but_nobody_else(
    pool, balances_database, recorded, rebuilding, replay_of, content, expected, eventually, punctual_clock
):
    projection, entries = PostgresProjection(pool), [recorded("m", DAY, credit=n) for n in range(1, 4)]
    await projection.apply(entries[:1])
    admin = await asyncpg.connect(balances_database.admin_url)
    longest_s = 0.0
    async with pool.acquire() as reader, reader.transaction():
        await reader.fetch("SELECT * FROM day_totals")
        rebuild = asyncio.create_task(rebuilding(replay_of([entries])))
        await eventually(partial(_waits_for_locks, admin))
        for n in range(10):
            began = punctual_clock()
            assert (await PostgresDailyBalances(pool).day("m", DAY)).totals.credits_minor == 1
            await projection.apply(entries[:1])
            longest_s = max(longest_s, punctual_clock() - began)
            await asyncio.sleep(0.05 * (n % 2))
        assert not rebuild.done()
    await rebuild
    await admin.close()
    assert longest_s < 1
    assert await content() == expected(entries)


async def _waits_for_locks(admin: asyncpg.Connection) -> bool:
    asked = "query LIKE 'LOCK TABLE%' AND state = 'active' AND datname = current_database()"
    return await admin.fetchval(f"SELECT count(*) > 0 FROM pg_stat_activity WHERE {asked}")
