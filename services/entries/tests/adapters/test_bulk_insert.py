"""Whatever way many recordings are written, what is stored is what single ones would have left."""

import asyncio
from collections import Counter
from contextlib import nullcontext

import asyncpg
import pytest
from asyncpg.transaction import Transaction
from fluxo_contracts.streams import BULK_PART_EVENTS
from fluxo_entries.adapters.events import event_of
from fluxo_entries.adapters.observed_journal import disposition
from fluxo_entries.adapters.postgres import bulk_insert, sql
from fluxo_entries.adapters.postgres import journal as postgres_journal
from fluxo_entries.adapters.postgres.bulk_insert import CHUNK_ROWS
from fluxo_entries.adapters.postgres.journal import LONG_AT_ONCE
from fluxo_entries.adapters.postgres.rows import entries_as_lines, entry_of
from fluxo_entries.application import cooperative
from fluxo_entries.application.cooperative import short_work
from fluxo_entries.domain.direction import Direction

pytestmark = pytest.mark.anyio

TEXTS = ["Venda balcão", "\\N", "\\.", 'a"b', "a'b", "ação 🧁", "x" * 200, "{a,b}", "NULL"]


async def stored(pool):
    """Return key, request hash, entry and event of all that is stored, by entry."""
    rows = await pool.fetch(
        f"""SELECT key, request_hash, event, {", ".join(f"entries.{column}" for column in sql.ENTRY_COLUMNS)}
        FROM entries
        FULL JOIN idempotency_keys ON entry_id = id AND idempotency_keys.merchant_id = entries.merchant_id
        FULL JOIN (SELECT event FROM outbox UNION ALL SELECT unnest(events) FROM bulk_outbox) AS announced
            ON convert_from(event, 'UTF8')::jsonb ->> 'id' = id::text"""
    )
    return {row["id"]: (row["key"], row["request_hash"], entry_of(row), row["event"]) for row in rows}


def expected(*recordings):
    return {each.entry.id: (each.idempotency_key, each.request_hash, each.entry, event_of(each)) for each in recordings}


async def count(pool, table):
    return await pool.fetchval(f"SELECT count(*) FROM {table}")


async def count_events(pool):
    return await count(pool, "outbox") + await pool.fetchval("SELECT coalesce(sum(event_count), 0) FROM bulk_outbox")


@pytest.mark.parametrize("taken", [False, True], ids=["all new", "one taken"])
async def test_keys_entries_and_events_are_stored_as_given(journal, pool, recording, taken):
    before = [recording(key="mm")] if taken else []
    for each in before:
        await journal.append(each)
    given = [
        recording(description=text, category=category, direction=direction)
        for text in TEXTS
        for category, direction in ((None, Direction.DEBIT), ("\\t\\", Direction.CREDIT))
    ]

    outcomes = await journal.append_all([*given, *(recording(key="mm") for _ in before)], atomic=True)

    assert await stored(pool) == expected(*before, *given)
    assert [outcome.entry for outcome in outcomes] == [each.entry for each in [*given, *before]]


@pytest.mark.parametrize("number", [BULK_PART_EVENTS, BULK_PART_EVENTS + 1, CHUNK_ROWS + 1])
async def test_the_events_of_a_larger_bulk_wait_some_to_a_row_and_those_of_a_small_one_go_out(
    journal, outbox, pool, recording, everything_after, number
):
    given = [recording(description=TEXTS[each % len(TEXTS)]) for each in range(number)]

    await journal.append_all(given, atomic=True)

    assert await stored(pool) == expected(*given)
    is_large = number > BULK_PART_EVENTS
    assert await count(pool, "outbox") == (0 if is_large else number)
    while await outbox.move_bulk_events():
        pass
    assert [row.event for row in await everything_after(rows=number)] == [event_of(each) for each in given]


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_key_that_is_taken_far_behind_is_replayed_and_nothing_is_written_twice(
    journal, pool, recording, atomic
):
    last = "z" * 8
    earlier = await journal.append(recording(key=last))
    given = [recording(key=f"{n:05}") for n in range(2 * CHUNK_ROWS)]

    outcomes = await journal.append_all([recording(key=last), *given], atomic=atomic)

    assert outcomes[0].entry == earlier.entry
    assert [disposition(each) for each in outcomes] == [
        "replayed", *["recorded"] * len(given)
    ]  # fmt: skip
    assert await count(pool, "entries") == await count_events(pool) == len(given) + 1
    assert await count(pool, "idempotency_keys") == len(given) + 1


@pytest.mark.parametrize("beside_short_work", [False, True])
async def test_while_the_database_works_the_next_rows_are_made_ready_but_beside_short_work_one_after_the_other(
    beside_short_work,
):
    working, made_ready_meanwhile, sent = False, [], []

    async def prepare(chunk):
        made_ready_meanwhile.append(working)
        return len(chunk)

    async def send(chunk, ready):
        nonlocal working
        assert ready == len(chunk)
        working = True
        await asyncio.sleep(0)
        working = False
        sent.extend(chunk)

    rows = [*range(2 * CHUNK_ROWS + 1)]
    with short_work if beside_short_work else nullcontext():
        await bulk_insert._in_chunks(rows, prepare, send)

    assert made_ready_meanwhile == [False, not beside_short_work, not beside_short_work]
    assert sent == rows


@pytest.mark.parametrize(("number", "rests"), [(BULK_PART_EVENTS, False), (2 * CHUNK_ROWS, True)])
async def test_who_writes_into_the_outbox_does_not_rest_before_it_commits(
    journal, recording, monkeypatch, number, rests
):
    rested = []

    async def noted(worked_s):
        rested.append(worked_s)

    # Every piece of work has taken long enough for a rest.
    monkeypatch.setattr(cooperative, "AT_A_TIME_S", 0.0)
    monkeypatch.setattr(cooperative, "_rest", noted)

    with short_work:
        await journal.append_all([recording() for _ in range(number)], atomic=True)

    assert bool(rested) is rests


async def test_of_long_bulks_some_write_at_once_and_there_is_room_for_short_ones(journal, recording, monkeypatch):
    writing, most, all_there, go_on = 0, 0, asyncio.Event(), asyncio.Event()

    async def slowly(_connection, recordings, *, atomic):
        nonlocal writing, most
        if len(recordings) > CHUNK_ROWS:
            writing += 1
            most = max(most, writing)
            if writing == LONG_AT_ONCE:
                all_there.set()
            await go_on.wait()
            writing -= 1
        return []

    monkeypatch.setattr(postgres_journal, "bulk_insert", slowly)
    long, short = [recording() for _ in range(CHUNK_ROWS + 1)], [recording()]

    async with asyncio.TaskGroup() as tasks:
        for _ in range(LONG_AT_ONCE + 2):
            tasks.create_task(journal.append_all(long, atomic=True))
        async with asyncio.timeout(10):
            await all_there.wait()
            await journal.append_all(short, atomic=True)
        go_on.set()

    assert most == LONG_AT_ONCE


async def test_a_key_twice_in_one_bulk_is_one_request_or_reused(journal, pool, recording):
    between = [recording(key=f"k{n:05}") for n in range(CHUNK_ROWS)]

    outcomes = await journal.append_all(
        [recording(key="k"), *between, recording(key="k"), recording(key="k", body="other")], atomic=False
    )

    assert [disposition(each) for each in (outcomes[0], *outcomes[-2:])] == [
        "recorded", "replayed", "key_reused"
    ]  # fmt: skip
    assert outcomes[-2].entry == outcomes[0].entry
    assert await count(pool, "entries") == await count_events(pool) == len(between) + 1


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_connection_lost_at_the_commit_is_asked_about(journal, pool, monkeypatch, recording, is_committed):
    commit = Transaction.commit

    async def lose(transaction):
        monkeypatch.setattr(Transaction, "commit", commit)
        if is_committed:
            await commit(transaction)
        transaction._connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError

    monkeypatch.setattr(Transaction, "commit", lose)
    given = [recording() for _ in range(30)]

    outcomes = await journal.append_all(given, atomic=True)

    assert [outcome.entry for outcome in outcomes] == [each.entry for each in given]
    assert set(map(disposition, outcomes)) == {"recorded"}
    assert await stored(pool) == expected(*given)


async def test_a_connection_lost_between_two_statements_is_replaced_and_all_is_recorded_once(
    journal, pool, monkeypatch, recording
):
    execute = asyncpg.Connection.execute

    async def lose_after_entries(connection, statement, *given, **options):
        status = await execute(connection, statement, *given, **options)
        if statement == sql.RECORD:
            monkeypatch.undo()
            connection.terminate()
        return status

    monkeypatch.setattr(asyncpg.Connection, "execute", lose_after_entries)
    given = [recording() for _ in range(10)]
    outcomes = await journal.append_all(given, atomic=True)
    assert [outcome.entry for outcome in outcomes] == [each.entry for each in given]
    assert await stored(pool) == expected(*given)


async def test_of_two_bulks_with_the_same_keys_one_records_and_the_other_replays(journal, pool, recording):
    keys = [f"k{n:05}" for n in range(CHUNK_ROWS + 1)]

    mine, theirs = await asyncio.gather(
        *(journal.append_all([recording(key=key) for key in keys], atomic=True) for _ in range(2))
    )

    assert [outcome.entry for outcome in mine] == [outcome.entry for outcome in theirs]
    assert sorted(Counter(map(disposition, [*mine, *theirs])).items()) == [
        ("recorded", len(keys)), ("replayed", len(keys))
    ]  # fmt: skip
    assert await count(pool, "entries") == await count_events(pool) == len(keys)


async def test_the_next_rows_are_made_ready_while_the_database_works_on_the_last(journal, pool, monkeypatch, recording):
    execute, ready = asyncpg.Connection.execute, [asyncio.Event(), asyncio.Event()]
    made, sent = iter(ready), iter(ready[1:])

    def make(recordings):
        next(made).set()
        return entries_as_lines(recordings)

    async def answer_when_the_next_are_ready(connection, statement, *given, **options):
        if statement == sql.RECORD and (following := next(sent, None)):
            async with asyncio.timeout(10):
                await following.wait()
        return await execute(connection, statement, *given, **options)

    monkeypatch.setattr(bulk_insert, "entries_as_lines", make)
    monkeypatch.setattr(asyncpg.Connection, "execute", answer_when_the_next_are_ready)
    given = [recording() for _ in range(CHUNK_ROWS + 1)]

    await journal.append_all(given, atomic=True)

    assert await stored(pool) == expected(*given)


async def test_a_text_that_no_rule_should_have_let_through_moves_none_into_another_row(journal, pool, recording):
    given = [recording(description="Ven\nda"), recording(description="Compra")]

    # The row too many is nobody's, and has no id.
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.NotNullViolationError)):
        await journal.append_all(given, atomic=True)

    assert not await stored(pool)
