import asyncio
import re

import asyncpg
import pytest
from fluxo_entries.adapters.postgres import outbox_sql, sql
from fluxo_entries.application.publishing.ports import BulkPart
from fluxo_entries.application.publishing.stream_state import START, XID_BITS, StreamPosition

pytestmark = pytest.mark.anyio

TIDY_UP_AS_BEFORE = "SELECT create_outbox_partitions(7)"
EMIT = "INSERT INTO outbox (event) VALUES ($1)"


def generation_of(position):
    return position.major >> XID_BITS


async def test_what_commits_late_is_not_skipped(outbox, pool, everything_after, open_transaction):
    async with open_transaction(b"early, committed late") as late:
        await pool.execute(EMIT, b"late, committed early")
        # A relay that follows a serial number sees the second row, moves on behind it, and never sees the first.
        naive = [row["event"] for row in await pool.fetch("SELECT seq, event FROM outbox ORDER BY seq")]
        naive_position = await pool.fetchval("SELECT max(seq) FROM outbox")
        ours = await outbox.rows_after(START, 10)
        assert await outbox.has_rows_after(START)
        await late.commit()

    naive += [row["event"] for row in await pool.fetch("SELECT event FROM outbox WHERE seq > $1", naive_position)]
    assert naive == [b"late, committed early"]
    assert ours == []
    rows = await everything_after(rows=2)
    assert [row.event for row in rows] == [b"early, committed late", b"late, committed early"]


async def test_what_is_rolled_back_was_never_there(pool, everything_after, open_transaction):
    async with open_transaction(b"rolled back") as transaction:
        await pool.execute(EMIT, b"committed")
        await transaction.rollback()
    assert [row.event for row in await everything_after(rows=1)] == [b"committed"]


async def test_the_backlog_is_counted_and_aged(outbox, pool, everything_after, open_transaction):
    await pool.execute("INSERT INTO outbox (event, created_at) VALUES ('', now() - interval '90 s')")
    await everything_after(rows=1)
    assert (await outbox.backlog(START)).held_back_age_s == 0
    async with open_transaction(b"open"):
        await pool.execute("INSERT INTO outbox (event, created_at) VALUES ('', now() - interval '60 s')")
        backlog = await outbox.backlog(START)
    assert backlog.rows == 2
    assert 90 <= backlog.oldest_age_s < 120
    assert 60 <= backlog.held_back_age_s < 90
    holder = r"session \d+ of entries_\w+_app in database entries_\w+ since 20[\d-]+T[\d:]+Z"
    assert re.fullmatch(holder, backlog.held_back_by)


async def test_a_session_of_another_role_that_holds_rows_back_is_named(outbox, admin, pool):
    async with admin.transaction():
        pid = await admin.fetchval("SELECT pg_backend_pid()")
        await admin.execute(EMIT, b"open")
        await pool.execute("INSERT INTO outbox (event, created_at) VALUES ('', now() - interval '60 s')")
        backlog = await outbox.backlog(START)
    assert backlog.held_back_by.startswith(f"session {pid} of postgres in database entries_")


async def passed_rows(outbox):
    """Rows that wait for no writer of the outbox; where it cannot be told, one that ended just now still counts."""
    async with asyncio.timeout(60):
        while not (rows := await outbox.rows_after(START, 10, passing=True)):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    return rows


async def test_who_writes_elsewhere_holds_nothing_back_that_may_pass(outbox, pool, entries_database):
    elsewhere = await asyncpg.connect(entries_database.owner_url)
    async with elsewhere.transaction():
        await elsewhere.execute("UPDATE sealing SET scanned = NULL")
        await pool.execute(EMIT, b"passes")
        assert await outbox.rows_after(START, 10) == []
        backlog = await outbox.backlog(START)
        assert [row.event for row in await passed_rows(outbox)] == [b"passes"]
        assert backlog.held_back_by is None
    await elsewhere.close()


async def test_who_locks_the_outbox_before_it_writes_is_waited_for(outbox, pool, entries_database, everything_after):
    writer = await asyncpg.connect(entries_database.url)
    transaction = writer.transaction()
    await transaction.start()
    await writer.execute(sql.WILL_ANNOUNCE)
    await writer.execute("SELECT pg_current_xact_id()")
    await pool.execute(EMIT, b"late, committed early")
    assert await outbox.rows_after(START, 10, passing=True) == []
    await writer.execute(EMIT, b"early, committed late")
    assert await outbox.rows_after(START, 10, passing=True) == []
    await transaction.commit()
    await writer.close()
    rows = await everything_after(rows=2)
    assert [row.event for row in rows] == [b"early, committed late", b"late, committed early"]


async def test_who_was_passed_is_refused_and_told_why(outbox, pool, entries_database):
    elsewhere = await asyncpg.connect(entries_database.owner_url)
    await elsewhere.execute("BEGIN")
    await elsewhere.execute("SELECT pg_current_xact_id()")
    await pool.execute(EMIT, b"passes")
    await passed_rows(outbox)
    with pytest.raises(asyncpg.SerializationError, match="no place in the outbox any more") as refused:
        await elsewhere.execute(EMIT, b"too late")
    assert "LOCK TABLE outbox" in refused.value.hint
    await elsewhere.close()


async def test_a_bulk_of_the_release_before_is_waited_for_and_not_refused(outbox, pool, entries_database):
    """It takes its keys, writes entries for long, and comes to the outbox last."""
    bulk = await asyncpg.connect(entries_database.owner_url)
    async with bulk.transaction():
        await bulk.execute("INSERT INTO merchants VALUES ('padaria', 'Padaria', 'BRL', 'UTC')")
        await pool.execute(EMIT, b"single")
        assert await outbox.rows_after(START, 10, passing=True) == []
        await bulk.execute(EMIT, b"bulk")
    await bulk.close()
    async with asyncio.timeout(60):
        while len(rows := await outbox.rows_after(START, 10, passing=True)) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    assert [row.event for row in rows] == [b"bulk", b"single"]


async def test_a_bulk_holds_no_single_back(outbox, pool, entries_database):
    bulk = await asyncpg.connect(entries_database.owner_url)
    async with bulk.transaction():
        await bulk.execute(sql.WILL_ANNOUNCE_LATER)
        await bulk.execute("INSERT INTO merchants VALUES ('padaria', 'Padaria', 'BRL', 'UTC')")
        await pool.execute(EMIT, b"single")
        assert [row.event for row in await passed_rows(outbox)] == [b"single"]
    await bulk.close()


async def test_only_a_relay_of_the_release_before_moves_what_has_waited_for_a_minute(outbox, pool, everything_after):
    waited = "INSERT INTO bulk_outbox (events, created_at) VALUES ($1, now() - $2 * interval '1 s')"
    await pool.executemany(waited, [([b"1", b"2"], 70), ([b"3"], 61), ([b"4"], 5)])
    for _ in range(2):
        await outbox.create_partitions()
    assert await pool.fetchval("SELECT count(*) FROM bulk_outbox") == 3
    for _ in range(2):
        await pool.execute(TIDY_UP_AS_BEFORE)
    assert [row.event for row in await everything_after(rows=3)] == [b"1", b"2", b"3"]


async def test_a_relay_of_the_release_before_gets_on_with_more_than_there_is_time_for(owner, pool, everything_after):
    await owner.execute("""
        CREATE FUNCTION slow_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';
        CREATE TRIGGER slow_disk AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION slow_disk();
        INSERT INTO bulk_outbox (events, created_at)
        SELECT ARRAY['event'::bytea], now() - interval '2 min' FROM generate_series(1, 5);
    """)
    async with asyncio.timeout(60):
        while await pool.fetchval("SELECT EXISTS (SELECT FROM bulk_outbox)"):
            await pool.execute(TIDY_UP_AS_BEFORE)
    assert len(await everything_after(rows=5)) == 5


async def test_a_place_of_another_cluster_refuses_nobody(outbox, owner, pool, everything_after):
    await owner.execute("UPDATE outbox_passed SET xid = '1000000000000'")
    await pool.execute(EMIT, b"one")
    await outbox.rows_after(START, 10, passing=True)
    assert await owner.fetchval("SELECT xid < pg_snapshot_xmax(pg_current_snapshot()) FROM outbox_passed")
    await pool.execute(EMIT, b"two")
    assert [row.event for row in await everything_after(rows=2)] == [b"one", b"two"]


async def test_parts_of_bulks_move_in_their_order_behind_what_was_there(outbox, pool, everything_after):
    await pool.execute("INSERT INTO bulk_outbox (events) VALUES ($1), ($2)", [b"1", b"2"], [b"3"])
    await pool.execute(EMIT, b"single")
    assert (await outbox.backlog(START)).rows == 4

    places = [await outbox.move_bulk_events() for _ in range(3)]

    rows = await everything_after(rows=4)
    assert [row.event for row in rows] == [b"single", b"1", b"2", b"3"]
    assert places == [BulkPart(rows[2].position, 2), BulkPart(rows[3].position, 1), None]


async def test_relays_that_move_bulks_at_the_same_time_move_each_part_once(outbox, pool, everything_after):
    await pool.executemany("INSERT INTO bulk_outbox (events) VALUES ($1)", [([b"%d" % n],) for n in range(30)])

    async def move_all():
        while await pool.fetchval("SELECT count(*) FROM bulk_outbox"):
            await outbox.move_bulk_events()

    await asyncio.gather(*(move_all() for _ in range(4)))

    events = [row.event for row in await everything_after(rows=30)]
    assert sorted(events, key=int) == [b"%d" % n for n in range(30)]


async def test_rows_between_two_positions_are_those_of_the_current_generation(outbox, owner, pool, everything_after):
    for n in range(3):
        await pool.execute(EMIT, b"%d" % n)
    first, second, third = [row.position for row in await everything_after(rows=3)]
    assert await outbox.has_rows_between(START, first)
    assert not await outbox.has_rows_between(START, first.just_below())
    assert await outbox.has_rows_between(first, second)
    assert not await outbox.has_rows_between(third, StreamPosition(third.major + 5, 0))
    await owner.execute("UPDATE outbox SET created_at = created_at - seq * interval '100 s'")
    ages_s = [await outbox.oldest_age_s(after, third) for after in (START, second, third)]
    assert [age_s // 100 for age_s in ages_s] == [1, 3, 0]

    await outbox.publish_again(third)
    await outbox.publish_again(third)

    assert not await outbox.has_rows_between(START, third)
    assert await outbox.oldest_age_s(START, third) == 0
    again = [row.position for row in await everything_after(third, rows=3)]
    assert {generation_of(position) for position in again} == {2}
    assert await outbox.has_rows_between(first, again[0])


async def test_a_promotion_raises_the_generation_and_leaves_the_rows_as_they_are(outbox, owner, pool, everything_after):
    await pool.execute(EMIT, b"one")
    before = (await everything_after(rows=1))[0].position
    await owner.execute("UPDATE outbox_generation SET timeline = timeline + 1")

    rows = await everything_after(before, rows=1)

    assert rows[0].position == StreamPosition(before.major + (1 << XID_BITS), before.minor)
    assert await outbox.rows_after(rows[0].position, 10) == []


async def test_rows_restored_into_another_cluster_are_published_again_in_order(owner, pool, everything_after):
    # As a dump brings them: another cluster's identity, and transaction ids that this one has not reached.
    await owner.execute("UPDATE outbox_generation SET system_identifier = 1, generation = 3")
    await owner.executemany(
        "INSERT INTO outbox (xid, event) VALUES ($1, $2)", [(10**12 - n, b"old %d" % n) for n in range(3)]
    )
    await pool.execute(EMIT, b"new")
    stream_stands_at = StreamPosition((3 << XID_BITS) + 10**12, 99)

    rows = await everything_after(stream_stands_at, rows=4)

    assert [row.event for row in rows] == [b"old 0", b"old 1", b"old 2", b"new"]
    assert {generation_of(row.position) for row in rows} == {4}
    await pool.execute(EMIT, b"newer")
    assert [row.event for row in await everything_after(rows[-1].position, rows=1)] == [b"newer"]


@pytest.mark.parametrize("ahead", [(1 << XID_BITS) + 10**12, (7 << XID_BITS) + 1])
async def test_a_stream_that_is_ahead_of_the_database_starts_a_new_generation(pool, ahead, everything_after):
    # The database was set back to an earlier state by a copy of its files: same cluster, same timeline.
    await pool.execute(EMIT, b"one")
    rows = await everything_after(StreamPosition(ahead, 0), rows=1)
    assert generation_of(rows[0].position) == (ahead >> XID_BITS) + 1


async def test_relays_that_notice_at_the_same_time_raise_it_once(outbox, owner, pool):
    await pool.execute(EMIT, b"one")
    await owner.execute("UPDATE outbox_generation SET system_identifier = 1")
    await asyncio.gather(*(outbox.rows_after(StreamPosition(1 << XID_BITS, 0), 10) for _ in range(4)))
    assert await owner.fetchval("SELECT generation FROM outbox_generation") == 2


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (outbox_sql.ROWS_AFTER, "1, '590', 5, 'event', 1000, '600'"),
        (outbox_sql.HAS_ROWS_AFTER, "1, '590', 5"),
        (outbox_sql.HAS_ROWS_BETWEEN, "1, '300', 5, 1, '310', 5"),
        (outbox_sql.OLDEST_AGE, "1, '300', 5, 1, '310', 5"),
    ],
    ids=["rows after", "has rows after", "has rows between", "oldest age"],
)
async def test_looking_for_rows_is_an_index_scan_however_long_the_table(owner, admin, mode, statement, values):
    await owner.execute(
        """
        INSERT INTO outbox (xid, created_at, event)
        SELECT (n / 50 + 1)::text::xid8, now() + n % 3 * interval '1 day', '\\x00' FROM generate_series(1, 30000) AS n
        """
    )
    await owner.execute(f"SET plan_cache_mode = {mode}")
    await owner.execute(f"PREPARE looking AS {statement}")
    lines = await owner.fetch(f"EXPLAIN EXECUTE looking ({values})")
    plan = "\n".join(line[0] for line in lines)
    assert re.search("Index (Only )?Scan using", plan)
    assert "Seq Scan" not in plan
    assert "Sort  " not in plan


async def test_one_relay_at_a_time_has_its_turn(outbox):
    async with outbox.leadership() as first, outbox.leadership() as second:
        assert (first, second) == (True, False)
    async with outbox.leadership() as again:
        assert again


async def test_each_statement_notifies_once(pool, entries_database, journal, recording):
    heard = []
    listener = await asyncpg.connect(entries_database.url)
    await listener.add_listener("fluxo_outbox", lambda *notification: heard.append(notification))
    await journal.append_all([recording() for _ in range(900)], atomic=True)
    await listener.fetchval("SELECT 1")
    assert len(heard) == 1
    await listener.close()
