import asyncio
import socket
import sys
import time
from contextlib import AsyncExitStack

import asyncpg
import pytest
from fluxo_chassis.postgres import Notifications, is_unavailable, open_pool, ping
from fluxo_chassis.postgres import pool as pools

from tests.harness.proxy import Proxy, Weather

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(postgres_url):
    pool = await open_pool(postgres_url, application_name="chassis-test")
    yield pool
    await pool.close()


class DeafServer:
    """Takes connections and never says a word, as a paused database does."""

    async def __aenter__(self):
        self._server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"postgresql://u:p@127.0.0.1:{port}/d"
        return self

    async def __aexit__(self, *_):
        self._server.close()


async def failure_of(awaitable):
    started = time.perf_counter()
    with pytest.raises(Exception) as failure:  # noqa: PT011 - any of several, told apart by is_unavailable
        await awaitable
    return failure.value, time.perf_counter() - started


async def test_the_server_ends_the_session_of_a_host_that_has_vanished_within_seconds(pool):
    found = [await pool.fetchval(f"SHOW {name}") for name in ("tcp_keepalives_idle", "tcp_keepalives_interval")]

    assert found == ["5", "2"]
    assert await pool.fetchval("SHOW tcp_user_timeout") == ("10000" if sys.platform == "linux" else "0")


async def test_sessions_speak_utc_and_carry_limits(pool):
    assert await pool.fetchval("SHOW timezone") == "UTC"
    assert await pool.fetchval("SHOW statement_timeout") == "1080ms"
    assert await pool.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"
    assert await pool.fetchval("SHOW application_name") == "chassis-test"
    assert await pool.fetchval("SHOW jit") == "off"


async def test_a_ping_tells_its_time(pool):
    seen = await ping(pool)
    assert (seen.status, seen.observed_unit) == ("pass", "ms")
    assert seen.observed_value > 0


async def test_a_pool_opens_while_the_server_is_unavailable_and_fails_fast(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setattr(pools, "CONNECT_TIMEOUT_S", 30)
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT_S", 30)
    pool = await open_pool(f"postgresql://u:p@127.0.0.1:{port}/d", application_name="t")
    error, seconds = await failure_of(pool.fetchval("SELECT 1"))
    assert is_unavailable(error)
    assert seconds < 3
    await pool.close()


async def test_a_server_that_does_not_answer_costs_a_second():
    assert max(pools.CONNECT_TIMEOUT_S, pools.ACQUIRE_TIMEOUT_S) < 1
    async with DeafServer() as server, asyncio.timeout(10):  # the driver would wait a minute
        pool = await open_pool(server.url, application_name="t")
        error, _ = await failure_of(pool.fetchval("SELECT 1"))
        assert is_unavailable(error)
        pool.terminate()


async def test_a_server_that_falls_silent_is_noticed_within_two_seconds_and_used_again_afterwards(postgres_url):
    async with Proxy(postgres_url) as proxy:
        pool = await open_pool(proxy.url, application_name="t", max_size=2)
        assert await pool.fetchval("SELECT 1") == 1
        proxy.change(Weather.HELD)
        async with asyncio.timeout(10):  # nobody else would ever notice
            failures = await asyncio.gather(*(failure_of(pool.fetchval("SELECT 1")) for _ in range(10)))
        assert all(is_unavailable(error) for error, _ in failures)
        proxy.clear()
        async with asyncio.timeout(30):
            while True:
                try:
                    await pool.fetchval("SELECT 2")
                    break
                except TimeoutError:
                    continue
        pool.terminate()


async def test_a_silent_server_does_not_keep_a_process_from_ending(postgres_url, monkeypatch):
    monkeypatch.setattr(pools, "CLOSE_TIMEOUT_S", 0.1)
    async with Proxy(postgres_url) as proxy:
        pool = await open_pool(proxy.url, application_name="t")
        proxy.change(Weather.HELD)
        async with asyncio.timeout(10):  # it would wait for ever
            await pool.close()


async def test_a_connection_that_was_cut_is_replaced(postgres_url):
    async with Proxy(postgres_url) as proxy:
        pool = await open_pool(proxy.url, application_name="t", max_size=1)
        assert await pool.fetchval("SELECT 1") == 1
        proxy.reset()
        await asyncio.sleep(0.05)
        assert await pool.fetchval("SELECT 2") == 2
        await pool.close()


async def test_a_statement_that_takes_too_long_is_given_up(pool):
    slow = await open_pool(pool._connect_args[0], application_name="t", command_timeout_s=0.2)
    error, seconds = await failure_of(slow.fetchval("SELECT pg_sleep(30)"))
    assert is_unavailable(error)
    assert seconds < 3
    await slow.close()


async def test_a_mistake_of_ours_is_not_taken_for_an_outage(pool):
    error, _ = await failure_of(pool.fetchval("SELECT 1 FROM nowhere"))
    assert not is_unavailable(error)
    assert not is_unavailable(asyncpg.InterfaceError("cannot perform operation: another operation is in progress"))
    assert not is_unavailable(ValueError())


async def test_a_full_pool_turns_callers_away_after_a_second(postgres_url, monkeypatch):
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT_S", 0.1)
    pool = await open_pool(postgres_url, application_name="t", max_size=1)
    async with pool.acquire(), asyncio.timeout(30):
        error, seconds = await failure_of(pool.fetchval("SELECT 1"))
    assert is_unavailable(error)
    assert seconds < 3
    await pool.close()


async def test_a_notification_wakes_a_waiter_and_several_make_one(pool, postgres_url):
    async with Notifications(postgres_url, "chassis_news") as notifications:
        assert await notifications.wait(30), "connecting counts: something may have been missed before"
        await pool.execute("SELECT pg_notify('chassis_news', number::text) FROM generate_series(1, 3) AS number")
        assert await notifications.wait(30)
        assert not await notifications.wait(0)
        await pool.execute("NOTIFY chassis_news")
        await asyncio.sleep(0.05)
        assert await notifications.wait(30), "what came before the wait is not lost"
        waiting = asyncio.create_task(notifications.wait(30))
        await asyncio.sleep(0.01)
        await pool.execute("NOTIFY chassis_news")
        assert await waiting


async def test_a_lost_listener_connects_again_and_counts_it_as_news(postgres_url, pool):
    async with Proxy(postgres_url) as proxy, Notifications(proxy.url, "chassis_news") as notifications:
        assert await notifications.wait(30)
        proxy.reset()
        assert await notifications.wait(30)
        await pool.execute("NOTIFY chassis_news")
        assert await notifications.wait(30)


async def test_hearers_are_told_what_each_says_and_when_they_may_have_missed_something(postgres_url, pool):
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with Proxy(postgres_url) as proxy, Notifications(proxy.url, "chassis_news") as notifications:
        notifications.hearers += [heard.put_nowait, heard.put_nowait]
        async with asyncio.timeout(60):
            assert [await heard.get() for _ in range(2)] == ["", ""], "it listens"
            await notifications.wait(30)
            await pool.execute("NOTIFY chassis_news, 'more'")
            assert [await heard.get() for _ in range(2)] == ["more", "more"]
            assert not await notifications.wait(0), "they were told"
            proxy.reset()
            assert [await heard.get() for _ in range(4)] == [""] * 4, "it was lost, and listens again"


async def until_listening(notifications):
    async with asyncio.timeout(30):
        while not notifications.is_listening:  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.01)


async def test_of_those_that_listen_alone_one_is_woken_and_another_follows_when_its_session_ends(postgres_url, pool):
    async with AsyncExitStack() as later:
        async with Notifications(postgres_url, "chassis_turn", exclusive=True) as first:
            await until_listening(first)
            second = await later.enter_async_context(Notifications(postgres_url, "chassis_turn", exclusive=True))
            assert await first.wait(30)
            await pool.execute("NOTIFY chassis_turn")
            assert await first.wait(30)
            assert not await second.wait(0.6), "it tried more than once, and was left asleep"
            assert not second.is_listening
        await until_listening(second)
        assert await second.wait(30), "something may have been missed in between"
        assert not first.is_listening


async def test_those_who_do_not_listen_alone_are_all_woken(postgres_url, pool):
    async with Notifications(postgres_url, "chassis_news") as one, Notifications(postgres_url, "chassis_news") as other:
        await until_listening(one)
        await until_listening(other)
        await one.wait(0)
        await other.wait(0)
        await pool.execute("NOTIFY chassis_news")
        assert await one.wait(30)
        assert await other.wait(30)


async def test_a_listener_waits_for_a_server_that_comes_later():
    async with DeafServer() as server, Notifications(server.url, "chassis_news") as notifications:
        assert not await notifications.wait(0.05)
