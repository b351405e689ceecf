"""Each guard on the way from a client to the stream, proved by switching it off: the same story then goes wrong.

Guards are taken out here by patches; the product has no switch for them.
"""

from contextlib import suppress
from dataclasses import replace
from itertools import count

import asyncpg
import pytest
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_entries.adapters.postgres import outbox_sql, sql
from fluxo_entries.adapters.redis import entries_stream
from fluxo_entries.adapters.redis.entries_stream import RedisEntriesStream
from fluxo_entries.application.publishing import purge_outbox
from fluxo_entries.application.publishing.publish_outbox import PublishOutbox
from fluxo_entries.application.publishing.stream_state import XID_BITS, StreamState

pytestmark = pytest.mark.anyio

with_and_without = pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])


@pytest.fixture
def take_out(monkeypatch):
    """Take a guard's words out of a statement or a script, which must contain them."""

    def take(module, name, words, instead=""):
        text = getattr(module, name)
        assert words in text
        monkeypatch.setattr(module, name, text.replace(words, instead))

    return take


async def events(owner):
    return [bytes(row["event"]) for row in await owner.fetch("SELECT event FROM outbox ORDER BY seq")]


@with_and_without
async def test_the_idempotency_key_decides_inside_the_statement_that_writes(
    guarded, take_out, journal, pool, recording
):
    if not guarded:
        take_out(sql, "APPEND", "WHERE id IN (SELECT entry_id FROM fresh)")
    first = await journal.append(recording(key="k", body="one"))

    retried = await journal.append(recording(key="k", body="one"))

    assert retried.entry == first.entry, "in both cases the client believes that it was recorded once"
    assert await pool.fetchval("SELECT count(*) FROM entries") == (1 if guarded else 2)


@with_and_without
async def test_only_what_lies_below_the_snapshot_horizon_is_published(
    guarded, take_out, line, entries_database, streams
):
    if not guarded:
        take_out(
            outbox_sql,
            "ROWS_AFTER",
            "AND xid < greatest(pg_snapshot_xmin(pg_current_snapshot()), $6::xid8)",
            "AND $6::xid8 = '0'",
        )
    slow = await asyncpg.connect(entries_database.url)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("INSERT INTO outbox (event) VALUES ('committed late')")
    await line.record(1)
    await PublishOutbox(line.outbox, line.stream)()
    await transaction.commit()
    await slow.close()

    await line.publish()

    published = [fields[b"event"] for _, fields in await streams.xrange(ENTRIES_STREAM)]
    assert len(published) == (2 if guarded else 1)
    assert (b"committed late" in published) is guarded


@with_and_without
async def test_who_was_passed_by_has_no_place_in_the_outbox_any_more(
    guarded, line, owner, pool, entries_database, streams
):
    if not guarded:
        await owner.execute("DROP TRIGGER outbox_is_announced ON outbox")
    late = await asyncpg.connect(entries_database.owner_url)
    transaction = late.transaction()
    await transaction.start()
    await late.execute("SELECT pg_current_xact_id()")
    await line.record(1)
    await line.publish()
    assert len(await line.published_ids()) == 1, "nobody waits for who writes elsewhere"

    with suppress(asyncpg.SerializationError):
        await late.execute("INSERT INTO outbox (event) VALUES ('lost')")
        await transaction.commit()
    await late.close()

    await line.publish()
    assert len(await line.published_ids()) == 1
    assert await pool.fetchval("SELECT count(*) FROM outbox") == (1 if guarded else 2)


@with_and_without
async def test_who_locks_the_outbox_first_is_waited_for(guarded, line, owner, entries_database, streams):
    if not guarded:
        await owner.execute(
            "CREATE OR REPLACE FUNCTION outbox_horizon() RETURNS xid8 LANGUAGE sql VOLATILE "
            "AS 'SELECT pg_snapshot_xmax(pg_current_snapshot())'"
        )
        await owner.execute("DROP TRIGGER outbox_is_announced ON outbox")
    slow = await asyncpg.connect(entries_database.url)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(sql.WILL_ANNOUNCE)
    await slow.execute("INSERT INTO outbox (event) VALUES ('committed late')")
    await line.record(1)
    publish = PublishOutbox(line.outbox, line.stream, clock_s=count().__next__)
    steps = [await publish() for _ in range(3)]
    await transaction.commit()
    await slow.close()

    await line.publish()

    assert steps[-1].is_held_back is guarded
    published = [fields[b"event"] for _, fields in await streams.xrange(ENTRIES_STREAM)]
    assert (b"committed late" in published) is guarded


@with_and_without
async def test_a_batch_goes_out_only_behind_the_position_that_it_was_read_for(guarded, take_out, line, streams):
    if not guarded:
        take_out(entries_stream, "PUBLISH", "if less(last, ARGV[2]) then return -1 end")
    await line.send(5)
    await line.record(5)

    class LosesTheStream:
        async def rows_after(self, position, limit, event, *, passing):
            rows = await line.unpublished(limit)
            await streams.flushdb()
            return rows

    step = await PublishOutbox(LosesTheStream(), line.stream, batch_rows_max=5)()
    await line.publish()

    assert step.published == (0 if guarded else 5)
    await line.make_group()
    await line.consume()
    assert len(line.received) == (10 if guarded else 5)


@with_and_without
async def test_a_database_restored_elsewhere_begins_a_generation(guarded, line, owner, streams):
    if not guarded:
        await owner.execute(
            """
            CREATE OR REPLACE FUNCTION outbox_generation_after(seen_generation integer, seen_xid xid8)
            RETURNS integer LANGUAGE sql STABLE AS 'SELECT generation FROM outbox_generation'
            """
        )
    # The cluster that the dump came from had come farther with its transaction ids.
    await streams.xadd(ENTRIES_STREAM, {"event": b"published there"}, id=f"{(1 << XID_BITS) + 10**12}-1")
    await owner.execute("UPDATE outbox_generation SET system_identifier = 1")
    await line.record(3)

    await line.publish()

    published = [fields[b"event"] for _, fields in await streams.xrange(ENTRIES_STREAM)]
    assert published == [b"published there", *(await events(owner) if guarded else [])]
    assert not await line.outbox.has_rows_after(await line.stream.position()), "in both cases all seems to be out"


ANOTHER_LIFE = {
    "another event lies at the stream's last id": "UPDATE outbox SET event = sha256(event) WHERE seq > 3",
    "no event lies at the stream's last id": """
        WITH lost AS (DELETE FROM outbox WHERE seq > 3 RETURNING xid, seq, event)
        INSERT INTO outbox (xid, seq, event) OVERRIDING SYSTEM VALUE
        SELECT xid, seq, sha256(event) FROM lost WHERE seq < 9
    """,
}


@with_and_without
@pytest.mark.parametrize("changed", ANOTHER_LIFE.values(), ids=ANOTHER_LIFE)
@pytest.mark.parametrize("is_purged", [False, True], ids=["unread", "purged"])
async def test_a_database_that_lost_its_last_commits_begins_a_generation(
    guarded, changed, is_purged, take_out, line, owner, streams
):
    if not guarded:
        for statement in ("ROWS_AFTER", "RECOGNISE"):
            take_out(outbox_sql, statement, "CASE WHEN", "CASE WHEN true OR")
    await line.send(9)
    if is_purged:
        await line.make_group()
        await line.consume()
        await line.purge()
    await owner.execute(changed)

    await line.publish()

    published = {fields[b"event"] for _, fields in await streams.xrange(ENTRIES_STREAM)}
    assert (set(await events(owner)) <= published) is guarded
    assert not await line.outbox.has_rows_after(await line.stream.position()), "in both cases all seems to be out"


@with_and_without
async def test_what_a_database_that_lost_commits_did_not_publish_is_not_purged(guarded, take_out, line, owner):
    if not guarded:
        take_out(outbox_sql, "RECOGNISE", "CASE WHEN", "CASE WHEN true OR")
    await line.send(9)
    await line.make_group()
    await line.consume()
    await owner.execute(ANOTHER_LIFE["another event lies at the stream's last id"])
    await owner.execute("UPDATE outbox SET created_at = created_at - interval '3 days'")

    await line.purge()

    assert bool(await events(owner)) is guarded, "nobody could send them any more"


@with_and_without
async def test_only_what_every_group_acknowledged_is_purged(guarded, monkeypatch, line, owner):
    if not guarded:
        monkeypatch.setattr(StreamState, "acknowledged", property(lambda state: state.last))
    await line.send(12)
    await line.make_group()
    await line.consume(3)
    # The group stands still for days.
    await owner.execute("UPDATE outbox SET created_at = created_at - interval '3 days'")
    await line.purge()
    await line.audit()
    await line.publish()

    await line.consume()

    assert len(line.received) == (12 if guarded else 4), "the newest one stays in the stream"
    assert bool(await events(owner)) is guarded, "nobody could send them again"


@with_and_without
async def test_the_audit_finds_what_was_trimmed_unread(guarded, monkeypatch, line, streams):
    if not guarded:
        monkeypatch.setattr(StreamState, "suspect_ranges", lambda _: iter(()))
    await line.send(12)
    await line.make_group()
    await streams.xtrim(ENTRIES_STREAM, maxlen=2, approximate=False)
    await line.audit()
    await line.publish()

    await line.consume()

    assert len(set(line.received)) == (12 if guarded else 2)


@with_and_without
async def test_the_mark_tells_what_a_consumer_gave_up_from_what_it_applied(guarded, monkeypatch, line, streams):
    if not guarded:
        state_of = RedisEntriesStream.state

        async def trusting(stream):
            state = await state_of(stream)
            return replace(state, trimmed_up_to=state.acknowledged)

        monkeypatch.setattr(RedisEntriesStream, "state", trusting)
    await line.send(12)
    await line.make_group()
    await line.read()
    line.received.clear()  # it died before it applied them
    await streams.xtrim(ENTRIES_STREAM, maxlen=2, approximate=False)
    await line.acknowledge(await line.read(again=True))
    await line.audit()
    await line.publish()

    await line.consume()

    assert len(set(line.received)) == (12 if guarded else 2)


@with_and_without
async def test_nothing_is_purged_while_there_is_a_gap(guarded, monkeypatch, line, streams):
    if not guarded:

        async def nothing_missing(_outbox, _state):
            return None

        monkeypatch.setattr(purge_outbox, "find_gap", nothing_missing)
    await line.send(12)
    await line.make_group()
    await streams.xdel(ENTRIES_STREAM, (await line.stream_ids())[4])
    await line.consume()
    await line.purge()
    await line.audit()
    await line.publish()

    await line.consume()

    assert len(set(line.received)) == (12 if guarded else 11)


@with_and_without
async def test_a_group_put_at_the_end_is_seen_before_more_is_added(guarded, take_out, line, streams):
    if not guarded:
        take_out(entries_stream, "PUBLISH", "group['entries-read'] == false", "false")
    await line.send(12)
    await line.make_group("$")
    await line.send(2)
    await line.consume()
    await line.audit()
    await line.publish()

    await line.consume()

    assert len(set(line.received)) == (14 if guarded else 2)


@with_and_without
async def test_an_end_that_was_taken_away_is_seen_before_more_is_added(guarded, take_out, line, streams):
    if not guarded:
        take_out(entries_stream, "PUBLISH", "if newest ~= last then", "if false then")
    await line.send(12)
    await line.make_group()
    await line.set_stream_ahead()
    await line.publish()
    await line.audit()
    await line.publish()

    await line.consume()

    assert len(set(line.received)) == (15 if guarded else 13)


@with_and_without
async def test_a_reversal_points_at_an_entry_of_its_own_merchant(guarded, journal, owner, recording):
    if not guarded:
        await owner.execute("ALTER TABLE entries DROP CONSTRAINT entries_reverses_own_fkey")
    somebody_elses = recording(merchant_id="quitanda")
    await journal.append(somebody_elses)

    with suppress(asyncpg.ForeignKeyViolationError):
        await journal.append(recording(reverses=somebody_elses.entry.id))

    reversed_by_others = """
    SELECT count(*) FROM entries AS reversal JOIN entries ON entries.id = reversal.reverses
    WHERE entries.merchant_id <> reversal.merchant_id
    """
    assert await owner.fetchval(reversed_by_others) == (0 if guarded else 1)
