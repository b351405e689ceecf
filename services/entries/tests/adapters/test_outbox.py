# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours
import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
from fluxo_contracts.entry_recorded import decode
from fluxo_entries.adapters.postgres import sql
from fluxo_entries.adapters.postgres.outbox import XID_BITS, PostgresOutbox
from fluxo_entries.application.ports import StreamPosition

pytestmark = pytest.mark.anyio

START = StreamPosition(0, 0)
EMIT = "INSERT INTO outbox (event) VALUES ($1)"


def generation_of(position):
    return position.major >> XID_BITS


async def everything_after(outbox, position=START, *, rows):
    """Read that many rows; others' transactions on the same server may hold the horizon for a moment."""
    async with asyncio.timeout(10):
        while len(found := await outbox.rows_after(position, 10_000)) < rows:
            await asyncio.sleep(0.005)
    return found


@asynccontextmanager
async def open_transaction(database, event):
    connection = await asyncpg.connect(database.url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(EMIT, event)
    yield transaction
    await connection.close()


async def test_rows_come_in_the_order_of_their_transactions(outbox, journal, recording):
    given = [recording() for _ in range(5)]
    for each in given:
        await journal.append(each)

    rows = await everything_after(outbox, rows=5)

    assert [decode(row.event).id for row in rows] == [each.entry.id for each in given]
    assert [row.position for row in rows] == sorted(row.position for row in rows)
    assert await outbox.rows_after(rows[-1].position, 10) == []
    assert await outbox.rows_after(rows[1].position, 2) == rows[2:4]


async def test_what_commits_late_is_not_skipped(outbox, pool, entries_database):
    async with open_transaction(entries_database, b"early, committed late") as late:
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
    rows = await everything_after(outbox, rows=2)
    assert [row.event for row in rows] == [b"early, committed late", b"late, committed early"]


async def test_what_is_rolled_back_was_never_there(outbox, pool, entries_database):
    async with open_transaction(entries_database, b"rolled back") as transaction:
        await pool.execute(EMIT, b"committed")
        await transaction.rollback()
    assert [row.event for row in await everything_after(outbox, rows=1)] == [b"committed"]


async def test_nothing_waits_behind_the_last_row(outbox, pool):
    assert not await outbox.has_rows_after(START)
    await pool.execute(EMIT, b"one")
    assert await outbox.has_rows_after(START)
    last = (await everything_after(outbox, rows=1))[-1].position
    assert not await outbox.has_rows_after(last)


async def test_the_backlog_is_counted_and_aged(outbox, pool, entries_database):
    await pool.execute("INSERT INTO outbox (event, created_at) VALUES ('', now() - interval '90 s')")
    await everything_after(outbox, rows=1)
    assert (await outbox.backlog(START)).held_back_age_s == 0
    async with open_transaction(entries_database, b"open"):
        await pool.execute("INSERT INTO outbox (event, created_at) VALUES ('', now() - interval '60 s')")
        backlog = await outbox.backlog(START)
    assert backlog.rows == 2
    assert 90 <= backlog.oldest_age_s < 120
    assert 60 <= backlog.held_back_age_s < 90


async def test_a_position_of_an_older_generation_means_from_the_oldest_row(outbox, owner, pool):
    for n in range(3):
        await pool.execute(EMIT, b"%d" % n)
    before = await everything_after(outbox, rows=3)

    assert await owner.fetchval("SELECT raise_outbox_generation()") == 2

    after = await everything_after(outbox, before[-1].position, rows=3)
    assert [row.event for row in after] == [b"0", b"1", b"2"]
    assert {generation_of(row.position) for row in before} == {1}
    assert {generation_of(row.position) for row in after} == {2}
    assert after[0].position > before[-1].position


async def test_a_promotion_raises_the_generation_and_leaves_the_rows_as_they_are(outbox, owner, pool):
    await pool.execute(EMIT, b"one")
    before = (await everything_after(outbox, rows=1))[0].position
    await owner.execute("UPDATE outbox_generation SET timeline = timeline + 1")

    rows = await everything_after(outbox, before, rows=1)

    assert rows[0].position == StreamPosition(before.major + (1 << XID_BITS), before.minor)
    assert await outbox.rows_after(rows[0].position, 10) == []


async def test_rows_restored_into_another_cluster_are_published_again_in_order(outbox, owner, pool):
    # As a dump brings them: another cluster's identity, and transaction ids that this one has not reached.
    await owner.execute("UPDATE outbox_generation SET system_identifier = 1, generation = 3")
    await owner.executemany(
        "INSERT INTO outbox (xid, event) VALUES ($1, $2)", [(10**12 - n, b"old %d" % n) for n in range(3)]
    )
    await pool.execute(EMIT, b"new")
    stream_stands_at = StreamPosition((3 << XID_BITS) + 10**12, 99)

    rows = await everything_after(outbox, stream_stands_at, rows=4)

    assert [row.event for row in rows] == [b"old 0", b"old 1", b"old 2", b"new"]
    assert {generation_of(row.position) for row in rows} == {4}
    await pool.execute(EMIT, b"newer")
    assert [row.event for row in await everything_after(outbox, rows[-1].position, rows=1)] == [b"newer"]


@pytest.mark.parametrize("ahead", [(1 << XID_BITS) + 10**12, (7 << XID_BITS) + 1])
async def test_a_stream_that_is_ahead_of_the_database_starts_a_new_generation(outbox, pool, ahead):
    # The database was set back to an earlier state by a copy of its files: same cluster, same timeline.
    await pool.execute(EMIT, b"one")
    rows = await everything_after(outbox, StreamPosition(ahead, 0), rows=1)
    assert generation_of(rows[0].position) == (ahead >> XID_BITS) + 1


async def test_relays_that_notice_at_the_same_time_raise_it_once(outbox, owner, pool):
    await pool.execute(EMIT, b"one")
    await owner.execute("UPDATE outbox_generation SET system_identifier = 1")
    await asyncio.gather(*(outbox.rows_after(StreamPosition(1 << XID_BITS, 0), 10) for _ in range(4)))
    assert await owner.fetchval("SELECT generation FROM outbox_generation") == 2


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_reading_on_is_an_index_scan_however_long_the_table(owner, admin, mode):
    await owner.execute(
        """
        INSERT INTO outbox (xid, created_at, event)
        SELECT (n / 50 + 1)::text::xid8, now() + n % 3 * interval '1 day', '\\x00' FROM generate_series(1, 30000) AS n
        """
    )
    await owner.execute(f"SET plan_cache_mode = {mode}")
    await owner.execute(f"PREPARE rows_after AS {sql.ROWS_AFTER}")
    lines = await owner.fetch("EXPLAIN EXECUTE rows_after (1, '590', 5, 1000)")
    plan = "\n".join(line[0] for line in lines)
    assert "Index Scan using" in plan
    assert "Seq Scan" not in plan
    assert "Sort  " not in plan


async def partitions(owner):
    rows = await owner.fetch(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'outbox'::regclass"
    )
    return {row["relname"] for row in rows}


async def add_partition(owner, days_ago):
    """A day's partition with one row, as it looks when that day has passed."""
    name, first, after = await owner.fetchrow(
        """
        SELECT 'outbox_' || to_char(day, 'YYYYMMDD'), day::timestamp::text || '+00', (day + 1)::timestamp::text || '+00'
        FROM (SELECT (now() AT TIME ZONE 'UTC')::date - $1::integer AS day) AS days
        """,
        days_ago,
    )
    await owner.execute(f"CREATE TABLE {name} PARTITION OF outbox FOR VALUES FROM ('{first}') TO ('{after}')")
    await owner.execute(f"INSERT INTO outbox (created_at, event) VALUES ('{first}', '\\x00')")
    return name


async def test_partitions_are_made_ahead_and_rows_find_their_day(outbox, owner, pool):
    before = await partitions(owner)
    assert len(before) == 9
    assert await outbox.create_partitions() == 0
    last = max(before - {"outbox_default"})
    await owner.execute(f"DROP TABLE {last}")
    assert await outbox.create_partitions() == 1
    assert await partitions(owner) == before
    await pool.execute(EMIT, b"today")
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 0


async def test_without_a_partition_an_insert_still_works(outbox, owner, pool):
    today = min(await partitions(owner) - {"outbox_default"})
    await owner.execute(f"DROP TABLE {today}")
    await pool.execute(EMIT, b"one")
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 1
    assert await outbox.create_partitions() == 0
    assert [row.event for row in await everything_after(outbox, rows=1)] == [b"one"]


async def test_only_what_is_acknowledged_and_old_enough_is_dropped(outbox, owner):
    oldest, older = await add_partition(owner, 4), await add_partition(owner, 3)
    young = await add_partition(owner, 1)
    first, _, third = [row.position for row in await everything_after(outbox, rows=3)]

    assert await outbox.drop_below(START) == 0
    assert await outbox.drop_below(StreamPosition(first.major, first.minor - 1)) == 0
    assert await outbox.drop_below(first) == 1
    assert {oldest, older, young} & await partitions(owner) == {older, young}
    assert await outbox.drop_below(StreamPosition(third.major + (1 << XID_BITS), 0)) == 0, "of another generation"
    assert await outbox.drop_below(third) == 1
    assert {oldest, older, young} & await partitions(owner) == {young}


async def test_the_default_partition_is_emptied_under_the_same_conditions(outbox, owner, pool):
    await owner.execute("INSERT INTO outbox (created_at, event) VALUES (now() - interval '3 days', '\\x00')")
    position = (await everything_after(outbox, rows=1))[0].position
    assert await outbox.drop_below(StreamPosition(position.major, position.minor - 1)) == 0
    assert await PostgresOutbox(pool, keep=timedelta(hours=73)).drop_below(position) == 0
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 1
    assert await outbox.drop_below(position) == 1
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 0


async def test_dropping_never_waits_for_a_writer(outbox, owner, entries_database):
    day = await add_partition(owner, 3)
    position = (await everything_after(outbox, rows=1))[0].position
    async with open_transaction(entries_database, b"a writer at work"):
        assert await outbox.drop_below(position) == 0
        assert day in await partitions(owner)
    assert await outbox.drop_below(position) == 1


async def test_one_relay_at_a_time_has_its_turn(outbox):
    async with outbox.turn() as first, outbox.turn() as second:
        assert (first, second) == (True, False)
    async with outbox.turn() as again:
        assert again


async def test_keys_are_purged_after_their_time_and_not_before(outbox, owner, journal, recording):
    await journal.append(recording(key="new"))
    await owner.executemany(
        "INSERT INTO idempotency_keys VALUES ('padaria', $1, $2, gen_random_uuid(), now() - $3::interval)",
        [(f"old {n}", b"x" * 32, timedelta(days=33)) for n in range(5_500)] + [("kept", b"x" * 32, timedelta(days=31))],
    )
    assert await outbox.purge_idempotency_keys() == 5_500
    assert [row["key"] for row in await owner.fetch("SELECT key FROM idempotency_keys ORDER BY key")] == ["kept", "new"]


async def test_each_statement_notifies_once(pool, entries_database, journal, recording):
    heard = []
    listener = await asyncpg.connect(entries_database.url)
    await listener.add_listener("fluxo_outbox", lambda *notification: heard.append(notification))
    await journal.append_all([recording() for _ in range(900)], atomic=True)
    await listener.fetchval("SELECT 1")
    assert len(heard) == 1
    await listener.close()
