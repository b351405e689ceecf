from datetime import timedelta

import asyncpg
import pytest
from fluxo_entries.adapters.postgres.outbox import PostgresOutbox
from fluxo_entries.application.publishing.stream_state import START, XID_BITS, StreamPosition

pytestmark = pytest.mark.anyio

EMIT = "INSERT INTO outbox (event) VALUES ($1)"


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


async def test_without_a_partition_an_insert_still_works(outbox, owner, pool, everything_after):
    today = min(await partitions(owner) - {"outbox_default"})
    await owner.execute(f"DROP TABLE {today}")
    await pool.execute(EMIT, b"one")
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 1
    assert await outbox.create_partitions() == 0
    assert [row.event for row in await everything_after(rows=1)] == [b"one"]


async def test_only_what_is_acknowledged_and_old_enough_is_dropped(outbox, owner, everything_after):
    oldest, older = await add_partition(owner, 4), await add_partition(owner, 3)
    young = await add_partition(owner, 1)
    first, _, third = [row.position for row in await everything_after(rows=3)]

    assert await outbox.drop_below(START) == 0
    assert await outbox.drop_below(StreamPosition(first.major, first.minor - 1)) == 0
    assert await outbox.drop_below(first) == 1
    assert {oldest, older, young} & await partitions(owner) == {older, young}
    assert await outbox.drop_below(StreamPosition(third.major + (1 << XID_BITS), 0)) == 0, "of another generation"
    assert await outbox.drop_below(third) == 1
    assert {oldest, older, young} & await partitions(owner) == {young}


async def test_the_default_partition_is_emptied_under_the_same_conditions(outbox, owner, pool, everything_after):
    await owner.execute("INSERT INTO outbox (created_at, event) VALUES (now() - interval '3 days', '\\x00')")
    position = (await everything_after(rows=1))[0].position
    assert await outbox.drop_below(StreamPosition(position.major, position.minor - 1)) == 0
    assert await PostgresOutbox(pool, keep=timedelta(hours=73)).drop_below(position) == 0
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 1
    assert await outbox.drop_below(position) == 1
    assert await owner.fetchval("SELECT count(*) FROM outbox_default") == 0


async def test_dropping_never_waits_for_a_writer(outbox, owner, everything_after, open_transaction):
    day = await add_partition(owner, 3)
    position = (await everything_after(rows=1))[0].position
    async with open_transaction(b"a writer at work"):
        assert await outbox.drop_below(position) == 0
        assert day in await partitions(owner)
    assert await outbox.drop_below(position) == 1


async def test_keys_are_purged_after_their_time_and_not_before(outbox, owner, journal, recording):
    await journal.append(recording(key="new"))
    await owner.executemany(
        "INSERT INTO idempotency_keys VALUES ('padaria', $1, $2, gen_random_uuid(), now() - $3::interval)",
        [(f"old {n}", b"x" * 32, timedelta(days=33)) for n in range(5_500)] + [("kept", b"x" * 32, timedelta(days=31))],
    )
    assert await outbox.purge_idempotency_keys() == 5_500
    assert [row["key"] for row in await owner.fetch("SELECT key FROM idempotency_keys ORDER BY key")] == ["kept", "new"]


async def test_lines_of_imports_are_purged_after_their_time_and_not_before(outbox, owner):
    await owner.execute(
        """
        INSERT INTO imports (id, merchant_id, digest, filename, currency, state, created_at, confirmed_at)
        SELECT gen_random_uuid(), 'padaria', sha256(name::bytea), name, 'BRL', state, now(), now() - age::interval
        FROM (VALUES ('old', 'done', '92 days'), ('empty', 'done', '92 days'), ('young', 'done', '90 days'),
            ('waits', 'ready', '92 days')) AS made (name, state, age);
        INSERT INTO import_lines (import_id, merchant_id, position, place, status)
        SELECT id, merchant_id, position, 'line', 'new' FROM imports, generate_series(1, 5500) AS position
        WHERE filename <> 'empty'
        """
    )
    assert await outbox.purge_import_lines() == 5_500 + 2
    left = await owner.fetch(
        "SELECT filename FROM imports WHERE EXISTS (SELECT FROM import_lines WHERE import_id = id) ORDER BY 1"
    )
    assert [row["filename"] for row in left] == ["waits", "young"]
    assert await outbox.purge_import_lines() == 0


async def test_imports_whose_lines_went_are_not_looked_at_again(owner):
    await owner.execute(
        """
        INSERT INTO imports (id, merchant_id, digest, filename, currency, state, lines_purged, created_at, confirmed_at)
        SELECT gen_random_uuid(), 'padaria', sha256(n::text::bytea), n, 'BRL', 'done', true, now(),
            now() - '92 days'::interval
        FROM generate_series(1, 20000) AS n;
        ANALYZE imports;
        """
    )
    async with owner.transaction():
        scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'imports'"
        before = await owner.fetchval(scans)
        assert await owner.fetchval("SELECT purge_import_lines(5000)") == 0
        assert await owner.fetchval(scans) == before


ABOVE = "(pg_snapshot_xmax(pg_current_snapshot())::text::numeric + 1)::text::xid8"


@pytest.mark.parametrize(
    "call",
    [
        f"drop_outbox_partitions(1, {ABOVE}, 1, '1 day')",
        "drop_outbox_partitions(1, NULL, 1, '1 day')",
        "drop_outbox_partitions(1, '3', NULL, '1 day')",
        "drop_outbox_partitions(1, '3', 1, '-100 years')",
        "drop_outbox_partitions(1, '3', 1, '-1000 months 30000 days')",
        "drop_outbox_partitions(1, '3', 1, NULL)",
        "create_outbox_partitions(31)",
        "create_outbox_partitions(-1)",
        "create_outbox_partitions(NULL)",
        "raise_outbox_generation(102)",
        "raise_outbox_generation(65534)",
    ],
)
async def test_the_application_gets_nothing_from_the_owners_functions_that_no_relay_asks(pool, owner, call):
    await add_partition(owner, 3)
    before = await partitions(owner)

    with pytest.raises(asyncpg.PostgresError, match=r"nobody|0 to 30|no later life"):
        await pool.execute(f"SELECT {call}")

    assert await partitions(owner) == before
    assert await owner.fetchval("SELECT generation FROM outbox_generation") == 1


async def test_without_a_generation_nothing_counts_as_acknowledged(pool, owner):
    await add_partition(owner, 3)
    assert await pool.fetchval("SELECT drop_outbox_partitions(NULL, '3', 1, '1 day')") == 0
