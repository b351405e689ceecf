"""What callers of a pool with a breaker and a bulkhead see of a server that hangs, refuses, or says no."""
# ruff: noqa: ASYNC110 - a server that is waited for sets no event of ours

import asyncio
import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from fluxo_chassis.postgres import breaker_for, is_unavailable, open_pool, ping
from fluxo_chassis.resilience import Bulkhead, BulkheadFull, CircuitOpen
from fluxo_local.embedded.postgres import PostgresServer

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

SLOTS, ROOM = 4, 300
HANGS_FOR_S = 0.4
PROBES_MAX = 10
"""More would have to be slow than a breaker lets through while a hundred are asked, one after the other."""


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
def server(copy_cluster, tmp_path_factory):
    server = OwnServer(copy_cluster(tmp_path_factory.mktemp("own") / "postgres"), free_port(), fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def breaker():
    return breaker_for("own-database")


@pytest.fixture
def bulkhead():
    return Bulkhead("own-database", running_max=SLOTS, waiting_max=ROOM, wait_max_s=1.0)


@pytest.fixture
async def pool_giving_up(server, breaker, bulkhead):
    pools = []

    async def open_(after_s):
        pools.append(
            await open_pool(
                server.admin_url,
                application_name="guarded",
                command_timeout_s=after_s,
                breaker=breaker,
                bulkhead=bulkhead,
            )
        )
        return pools[-1]

    yield open_
    for pool in pools:
        pool.terminate()


@pytest.fixture
async def pool(pool_giving_up):
    return await pool_giving_up(after_s=HANGS_FOR_S)


@pytest.fixture
async def patient_pool(pool_giving_up):
    return await pool_giving_up(after_s=60)


async def ask(pool, statement="SELECT 1"):
    """Return the error, or None."""
    try:
        await pool.fetchval(statement)
    except (OSError, asyncpg.PostgresError, CircuitOpen, BulkheadFull) as error:
        return error
    return None


async def until_answered(pool):
    async with asyncio.timeout(60):
        while await ask(pool) is not None:
            await asyncio.sleep(0.01)


async def test_a_server_that_hangs_costs_five_callers_a_time_out_and_the_others_nothing(server, pool, breaker):
    assert await ask(pool) is None
    with server.hanging():
        answers = [await ask(pool) for _ in range(100)]
        assert all(is_unavailable(error) for error in answers)
        waited = [not isinstance(error, CircuitOpen) for error in answers]
        assert waited[:5] == [True] * 5
        assert waited.count(True) <= 5 + PROBES_MAX
        assert (await breaker.observe()).output.startswith("away since ")
        with pytest.raises(TimeoutError):
            await ping(pool)  # past the breaker: health tells how the server is, not what the breaker thinks
    await until_answered(pool)
    assert breaker.state == "closed"


async def test_of_a_crowd_at_a_hung_server_a_single_one_probes(server, pool, breaker):
    with server.hanging():
        while breaker.state != "open":
            await asyncio.gather(*(ask(pool) for _ in range(SLOTS)))
        await asyncio.sleep(0.4)
        crowd = [asyncio.create_task(ask(pool)) for _ in range(50)]
        for _ in range(5):
            await asyncio.sleep(0)
        refused = [caller for caller in crowd if caller.done()]
        assert {type(caller.result()) for caller in refused} == {CircuitOpen}
        assert len(refused) == 49
        await asyncio.wait(crowd)
    await until_answered(pool)


async def test_a_server_that_refuses_is_not_even_asked_after_five_times_and_asked_again_soon(server, pool, breaker):
    server.stop()
    try:
        answers = [await ask(pool) for _ in range(100)]
    finally:
        server.start()
    # One found its connection cut, five were refused a new one.
    assert [type(error) for error in answers].count(CircuitOpen) >= 94 - PROBES_MAX
    await until_answered(pool)
    assert breaker.state == "closed"


async def test_an_error_that_the_server_sends_is_an_answer(patient_pool, breaker):
    for statement in ("SELECT 1/0", "SELECT * FROM nowhere", "DO 'BEGIN RAISE query_canceled; END'"):
        for _ in range(6):
            error = await ask(patient_pool, statement)
            assert isinstance(error, asyncpg.PostgresError)
    assert breaker.state == "closed"


async def test_callers_who_leave_say_nothing_about_the_server(patient_pool, breaker):
    for _ in range(10):
        caller = asyncio.create_task(ask(patient_pool, "SELECT pg_sleep(5)"))
        await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.wait([caller])
    assert breaker.state == "closed"
    assert await patient_pool.fetchval("SELECT 1") == 1


async def test_connections_that_are_all_cut_at_once_are_replaced_and_open_nothing(server, patient_pool, breaker):
    for _ in range(3):
        callers = [asyncio.create_task(ask(patient_pool, "SELECT pg_sleep(50)")) for _ in range(SLOTS)]
        admin = await asyncpg.connect(server.admin_url)
        backends = "FROM pg_stat_activity WHERE application_name = 'guarded'"
        async with asyncio.timeout(60):
            while await admin.fetchval(f"SELECT count(*) {backends} AND query LIKE '%pg_sleep%'") < SLOTS:
                await asyncio.sleep(0.01)
        await admin.execute(f"SELECT pg_terminate_backend(pid) {backends}")
        assert all(is_unavailable(error) for error in await asyncio.gather(*callers))
        await admin.close()
    assert breaker.state == "closed"
    assert await patient_pool.fetchval("SELECT 1") == 1


async def test_a_crowd_keeps_neither_the_health_check_nor_each_other_for_long(patient_pool):
    began = time.perf_counter()
    crowd = [asyncio.create_task(ask(patient_pool, "SELECT pg_sleep(0.15)")) for _ in range(400)]
    await asyncio.sleep(0)
    assert (await ping(patient_pool)).status == "pass"
    refused = sum(isinstance(caller.result(), BulkheadFull) for caller in crowd if caller.done())
    assert refused >= 400 - SLOTS - ROOM, "those whom there was no room for"
    answers = await asyncio.gather(*crowd)
    assert {type(error) for error in answers} == {BulkheadFull, type(None)}
    assert time.perf_counter() - began < 10, "they would take fifteen seconds if nobody were turned away"
