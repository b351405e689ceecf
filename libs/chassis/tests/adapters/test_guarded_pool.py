"""What callers of a pool with a breaker and a bulkhead see of a server that hangs, refuses, or says no."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
import os
import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from fluxo_chassis.postgres import breaker_for, is_unavailable, open_pool, ping
from fluxo_chassis.resilience import Bulkhead, BulkheadFull, CircuitOpen
from fluxo_local.embedded.postgres import PostgresServer

pytestmark = pytest.mark.anyio

SLOTS = 4
AT_ONCE_S = 0.05
RECOVERS_WITHIN_S = 1.0


class OwnServer(PostgresServer):
    @contextmanager
    def hanging(self):
        """Connections stay open, the kernel takes new ones, nobody answers."""
        pids = [self.process.pid, *self._children()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _children(self):
        stats = [stat.read_text().rpartition(")") for stat in Path("/proc").glob("[0-9]*/stat")]
        return [int(head.split()[0]) for head, _, tail in stats if int(tail.split()[1]) == self.process.pid]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = OwnServer(tmp_path_factory.mktemp("own") / "postgres", port, fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def breaker():
    return breaker_for("own-database")


@pytest.fixture
def bulkhead():
    return Bulkhead("own-database", running_max=SLOTS, waiting_max=300, wait_max_s=1.0)


@pytest.fixture
async def pool(server, breaker, bulkhead):
    pool = await open_pool(
        server.admin_url, application_name="guarded", command_timeout_s=0.4, breaker=breaker, bulkhead=bulkhead
    )
    yield pool
    pool.terminate()


async def ask(pool, statement="SELECT 1"):
    """Return the error, or None, and how long it took."""
    started = time.perf_counter()
    try:
        await pool.fetchval(statement)
    except (OSError, asyncpg.PostgresError, CircuitOpen, BulkheadFull) as error:
        return error, time.perf_counter() - started
    return None, time.perf_counter() - started


async def seconds_until_answered(pool):
    started = time.perf_counter()
    async with asyncio.timeout(10):
        while (await ask(pool))[0] is not None:
            await asyncio.sleep(0.01)
    return time.perf_counter() - started


async def test_a_server_that_hangs_costs_five_callers_a_time_out_and_the_others_nothing(server, pool, breaker):
    assert (await ask(pool))[0] is None
    with server.hanging():
        answers = [await ask(pool) for _ in range(100)]
        assert all(is_unavailable(error) for error, _ in answers)
        waited = [seconds > AT_ONCE_S for _, seconds in answers]
        assert waited[:5] == [True] * 5
        assert waited.count(True) <= 6, "one of the others may have been the first probe"
        assert (await breaker.observe()).output.startswith("away since ")
        with pytest.raises(TimeoutError):
            await ping(pool)  # past the breaker: health tells how the server is, not what the breaker thinks
    assert await seconds_until_answered(pool) < RECOVERS_WITHIN_S
    assert breaker.state == "closed"


async def test_of_a_crowd_at_a_hung_server_a_single_one_probes(server, pool, breaker):
    with server.hanging():
        while breaker.state != "open":
            await asyncio.gather(*(ask(pool) for _ in range(SLOTS)))
        await asyncio.sleep(0.4)
        crowd = await asyncio.gather(*(ask(pool) for _ in range(50)))
    assert sorted(isinstance(error, CircuitOpen) for error, _ in crowd) == [False] + [True] * 49
    assert max(seconds for error, seconds in crowd if isinstance(error, CircuitOpen)) < AT_ONCE_S
    await seconds_until_answered(pool)


async def test_a_server_that_refuses_is_not_even_asked_after_five_times_and_asked_again_soon(server, pool, breaker):
    server.stop()
    try:
        answers = [await ask(pool) for _ in range(100)]
    finally:
        server.start()
    # One found its connection cut, five were refused a new one.
    assert [type(error) for error, _ in answers[6:]] == [CircuitOpen] * 94
    assert max(seconds for _, seconds in answers[6:]) < AT_ONCE_S
    assert await seconds_until_answered(pool) < RECOVERS_WITHIN_S
    assert breaker.state == "closed"


async def test_an_error_that_the_server_sends_is_an_answer(pool, breaker):
    for statement in ("SELECT 1/0", "SELECT * FROM nowhere", "SELECT pg_sleep(5)"):
        for _ in range(6):
            error, _ = await ask(pool, statement)
            assert isinstance(error, asyncpg.PostgresError)
    assert breaker.state == "closed"


async def test_callers_who_leave_say_nothing_about_the_server(pool, breaker):
    for _ in range(10):
        caller = asyncio.create_task(ask(pool, "SELECT pg_sleep(5)"))
        await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.wait([caller])
    assert breaker.state == "closed"
    assert await pool.fetchval("SELECT 1") == 1


async def test_connections_that_are_all_cut_at_once_are_replaced_and_open_nothing(server, pool, breaker):
    for _ in range(3):
        callers = [asyncio.create_task(ask(pool, "SELECT pg_sleep(0.35)")) for _ in range(SLOTS)]
        admin = await asyncpg.connect(server.admin_url)
        backends = "FROM pg_stat_activity WHERE application_name = 'guarded'"
        async with asyncio.timeout(5):
            while await admin.fetchval(f"SELECT count(*) {backends} AND query LIKE '%pg_sleep%'") < SLOTS:
                await asyncio.sleep(0.01)
        await admin.execute(f"SELECT pg_terminate_backend(pid) {backends}")
        assert all(is_unavailable(error) for error, _ in await asyncio.gather(*callers))
        await admin.close()
    assert breaker.state == "closed"
    assert await pool.fetchval("SELECT 1") == 1


async def test_a_crowd_keeps_neither_the_health_check_nor_each_other_for_long(pool):
    crowd = [asyncio.create_task(ask(pool, "SELECT pg_sleep(0.15)")) for _ in range(400)]
    await asyncio.sleep(0.05)
    assert (await ping(pool)).status == "pass"
    answers = await asyncio.gather(*crowd)
    refused = [seconds for error, seconds in answers if isinstance(error, BulkheadFull)]
    assert len(refused) + sum(error is None for error, _ in answers) == 400
    assert sum(seconds < 0.3 for seconds in refused) >= 400 - SLOTS - 300, "those whom there was no room for"
    # The last of them would wait for fifteen seconds if nobody were turned away.
    assert max(seconds for _, seconds in answers) < 4
