"""What callers learn when the database, a connection or the queue lets them down."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
from collections import Counter
from contextlib import suppress

import asyncpg
import pytest
from fluxo_chassis.http.app import ANSWER_WITHIN_S
from fluxo_chassis.resilience import CircuitBreaker
from fluxo_entries.adapters.observed_journal import disposition
from fluxo_entries.adapters.postgres import commit_connection, group_commit
from fluxo_entries.adapters.postgres.group_commit import GroupCommitter
from fluxo_entries.application.recording.ports import Outcome
from fluxo_entries.domain.errors import OutcomeUnknownError, OverloadedError

from tests.harness.proxy import Proxy, Weather

pytestmark = pytest.mark.anyio

BACKENDS = "FROM pg_stat_activity WHERE application_name = 'test-append' AND datname = current_database()"


@pytest.fixture
def patient(monkeypatch):
    """A committer that waits as long as a busy machine takes, where the story is not about time."""
    for module, name in (
        (group_commit, "SEND_WITHIN_S"),
        (group_commit, "ANSWER_WITHIN_S"),
        (commit_connection, "STATEMENT_TIMEOUT_S"),
        (commit_connection, "CONNECT_TIMEOUT_S"),
    ):
        monkeypatch.setattr(module, name, 60.0)


def closed():
    return CircuitBreaker("test-entries-database", reset_after_s=0.1)


async def count(pool):
    return await pool.fetchval("SELECT count(*) FROM entries")


async def appended(committer, given):
    """Append as often as it takes: whoever is not told an outcome sends the same again."""
    async with asyncio.timeout(60):
        while True:
            with suppress(asyncpg.CannotConnectNowError, OverloadedError, OutcomeUnknownError):
                return await committer.append(given)
            await asyncio.sleep(0.01)


async def until(condition):
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.005)


async def connect_both(committer, recording):
    # They take turns.
    for _ in range(2):
        await committer.append(recording())


async def test_an_outcome_lost_on_the_way_back_is_looked_up(entries_database, pool, recording):
    async with (
        Proxy(entries_database.api_url) as proxy,
        GroupCommitter(proxy.url, "test-append", closed()) as committer,
    ):
        await connect_both(committer, recording)
        given = recording(key="k")
        proxy.change(Weather.ANSWERS_LOST)
        caller = asyncio.ensure_future(committer.append(given))
        await proxy.withheld.wait()
        assert await count(pool) == 3
        proxy.clear()

        outcome = await caller

    assert outcome == Outcome(given.entry)
    assert await count(pool) == 3


async def test_an_outcome_that_nobody_can_tell_is_said_to_be_unknown(entries_database, pool, recording):
    async with (
        Proxy(entries_database.api_url) as proxy,
        GroupCommitter(proxy.url, "test-append", closed()) as committer,
    ):
        await connect_both(committer, recording)
        given = recording(key="k")
        proxy.change(Weather.ANSWERS_LOST)
        caller = asyncio.ensure_future(committer.append(given))
        await proxy.withheld.wait()
        proxy.change(Weather.CUT)

        with pytest.raises(OutcomeUnknownError):
            await caller

        proxy.clear()
        retried = await appended(committer, recording(key="k"))
    assert retried == Outcome(given.entry, replayed=True)


async def test_a_server_that_says_nothing_makes_the_outcome_unknown_before_the_api_gives_up(
    entries_database, recording, punctual_clock
):
    async with (
        Proxy(entries_database.api_url) as proxy,
        GroupCommitter(proxy.url, "test-append", closed()) as committer,
    ):
        await connect_both(committer, recording)
        proxy.change(Weather.ANSWERS_LOST)
        started = punctual_clock()
        with pytest.raises(OutcomeUnknownError):
            await committer.append(recording())
        assert punctual_clock() - started < ANSWER_WITHIN_S


async def test_nobody_waits_longer_than_the_api_does_and_who_never_had_his_turn_is_told_so(
    entries_database, pool, recording, punctual_clock
):
    """While the server says nothing new callers keep coming; each counts from when it came."""
    async with (
        Proxy(entries_database.api_url) as proxy,
        GroupCommitter(proxy.url, "test-append", closed()) as committer,
    ):
        await connect_both(committer, recording)
        proxy.change(Weather.ANSWERS_LOST)
        waited_s = []

        async def append():
            started = punctual_clock()
            try:
                await committer.append(recording())
            finally:
                waited_s.append(punctual_clock() - started)

        callers = []
        for _ in range(60):
            callers.append(asyncio.create_task(append()))
            await asyncio.sleep(0.05)
        results = await asyncio.gather(*callers, return_exceptions=True)
        proxy.clear()

    assert max(waited_s) < ANSWER_WITHIN_S
    kinds = Counter(type(result) for result in results)
    assert set(kinds) <= {OutcomeUnknownError, OverloadedError, asyncpg.CannotConnectNowError}
    # Two that connected, and whoever was told that nothing is known; of all the others nothing was written.
    assert await count(pool) <= 2 + kinds[OutcomeUnknownError] < 60


@pytest.mark.usefixtures("patient")
async def test_connections_ended_in_flight_lose_and_double_nothing(committer, pool, admin, recording):
    given = [recording() for _ in range(3000)]

    async def callers(part):
        return [await appended(committer, each) for each in part]

    async def terminator():
        # Often enough to hit statements, commits, and connections that are only being made.
        for _ in range(100):
            await asyncio.sleep(0.003)
            await admin.execute(f"SELECT pg_terminate_backend(pid) {BACKENDS}")

    parts = [callers(given[n::60]) for n in range(60)]
    *results, _ = await asyncio.gather(*parts, terminator())

    outcomes = [outcome for part in results for outcome in part]
    assert Counter(map(disposition, outcomes)) == {"recorded": 3000}
    assert {outcome.entry.id for outcome in outcomes} == {each.entry.id for each in given}
    assert await count(pool) == 3000


@pytest.mark.usefixtures("patient")
async def test_a_database_that_is_unavailable_is_told_at_once_and_is_used_again_on_return(entries_database, recording):
    async with (
        Proxy(entries_database.api_url) as proxy,
        GroupCommitter(proxy.url, "test-append", closed()) as committer,
    ):
        proxy.change(Weather.CUT)
        results = await asyncio.gather(*(committer.append(recording()) for _ in range(200)), return_exceptions=True)
        assert {type(result) for result in results} == {asyncpg.CannotConnectNowError}

        proxy.clear()
        assert not (await appended(committer, recording())).replayed


async def test_a_database_that_takes_connections_and_says_nothing_is_waited_for_by_few_and_used_at_once_on_return(
    entries_database, recording, punctual_clock
):
    waited_s = []

    async def append(committer):
        started = punctual_clock()
        try:
            await committer.append(recording())
        finally:
            waited_s.append(punctual_clock() - started)

    async with (
        Proxy(entries_database.api_url) as proxy,
        GroupCommitter(proxy.url, "test-append", closed()) as committer,
    ):
        proxy.change(Weather.HELD)
        began = asyncio.get_running_loop().time()
        for _ in range(50):
            with pytest.raises(asyncpg.CannotConnectNowError):
                await append(committer)
        # Five find out, and now and then one probes.
        assert asyncio.get_running_loop().time() - began > 5 * 0.5
        assert max(waited_s) < ANSWER_WITHIN_S
        assert sorted(waited_s)[-10] < 0.05
        proxy.clear()
        assert not (await appended(committer, recording())).replayed


@pytest.mark.usefixtures("patient")
async def test_a_full_queue_refuses_and_writes_nothing(entries_database, pool, recording):
    async with GroupCommitter(entries_database.api_url, "test-append", closed(), queue_rows_max=100) as committer:
        results = await asyncio.gather(*(committer.append(recording()) for _ in range(150)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, OverloadedError)]
    assert len(refused) == 50
    assert await count(pool) == 100


@pytest.mark.usefixtures("patient")
async def test_a_caller_that_leaves_changes_nothing_for_the_others(committer, pool, recording):
    callers = [asyncio.ensure_future(committer.append(recording())) for _ in range(300)]
    await asyncio.sleep(0)
    for caller in callers[::3]:
        caller.cancel()

    results = await asyncio.gather(*callers, return_exceptions=True)

    stayed = [result for n, result in enumerate(results) if n % 3]
    assert set(map(disposition, stayed)) == {"recorded"}
    assert await count(pool) == 300


@pytest.mark.usefixtures("patient")
async def test_what_waits_is_finished_before_it_closes(entries_database, pool, recording):
    async with GroupCommitter(entries_database.api_url, "test-append", closed()) as committer:
        callers = [asyncio.ensure_future(committer.append(recording())) for _ in range(500)]
        await asyncio.sleep(0)
    assert {disposition(await caller) for caller in callers} == {"recorded"}
    with pytest.raises(OverloadedError):
        await committer.append(recording())
    assert await count(pool) == 500


@pytest.mark.usefixtures("patient")
async def test_a_lone_caller_does_not_wait_for_company(committer, recording):
    waited_s = []
    for _ in range(20):
        started = asyncio.get_running_loop().time()
        await committer.append(recording())
        waited_s.append(asyncio.get_running_loop().time() - started)
    assert min(waited_s) < 0.05


@pytest.mark.usefixtures("patient")
async def test_a_key_held_by_an_open_transaction_is_waited_for(committer, owner, admin, recording):
    first = recording(key="k")
    await committer.append(recording())
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(
        "INSERT INTO idempotency_keys VALUES ('padaria', 'k', $1, $2)", first.request_hash, first.entry.id
    )
    caller = asyncio.ensure_future(committer.append(recording(key="k", body="other")))

    async def waits():
        return await admin.fetchval(f"SELECT count(*) {BACKENDS} AND wait_event_type = 'Lock'")

    await until(waits)
    await transaction.rollback()
    assert not (await caller).replayed
