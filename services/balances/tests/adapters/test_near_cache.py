"""The near cache against a real server that changes, hangs, dies and forgets."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
from fluxo_balances.adapters.redis import near_cache
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.near_answers import LIFETIME_S, REFRESH_AFTER_S, NearAnswers
from fluxo_balances.adapters.redis.near_cache import NearBalanceCache
from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_chassis.redis import RedisClient, RedisError, RedisReplyError
from fluxo_local.embedded.valkey import ValkeyServer

pytestmark = pytest.mark.anyio

KEY = "2026-11-22"
LEASE = "balances:m1"
TIMEOUT_S = 0.25

with_and_without = pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The event loop that the process runs on: its transports differ from those of the standard one."""
    return "asyncio", {"use_uvloop": True}


@asynccontextmanager
async def near_cache_at(url: str, timeout_s: float = TIMEOUT_S) -> AsyncIterator[NearBalanceCache]:
    async with NearBalanceCache(url, timeout_s, prepare=bytes) as cache:
        await until(lambda: cache._connection is not None)
        now = time.monotonic()
        cache._near._clock = lambda: now  # so that what goes has not just become too old
        yield cache


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the server's doing is no event of ours
            await asyncio.sleep(0.001)


@pytest.fixture
async def near(cache, cache_url) -> AsyncIterator[NearBalanceCache]:
    # Patient: a machine that is busy with other tests is no server that hangs.
    async with near_cache_at(cache_url, timeout_s=5) as near:
        yield near


@pytest.fixture
async def other(cache, cache_url) -> AsyncIterator[NearBalanceCache]:
    async with near_cache_at(cache_url, timeout_s=5) as other:
        yield other


@pytest.fixture
def own(own_server) -> Iterator[ValkeyServer]:
    server = own_server("own", persistent=False)
    yield server
    server.process.send_signal(signal.SIGCONT)


async def fill(cache: NearBalanceCache, answer: bytes = b"answer", key: str = KEY) -> None:
    await cache.store("m1", key, answer, (await cache.look_up("m1", key)).lease)
    assert await get(cache, key) == answer


async def until_open(cache: NearBalanceCache) -> None:
    while cache.behind.breaker.state != "open":
        assert await get(cache) is None


async def get(cache: NearBalanceCache, key: str = KEY) -> bytes | None:
    return (await cache.look_up("m1", key)).answer


async def change(server: RedisClient, answer: bytes, key: str = KEY) -> None:
    """An update, and a reader elsewhere that has stored the answer of after it."""
    await RedisBalanceCache(server).invalidate(["m1"])
    await put(server, answer, key)


async def put(server: RedisClient, answer: bytes, key: str = KEY, merchant_id: str = "m1") -> None:
    elsewhere = RedisBalanceCache(server)
    await elsewhere.store(merchant_id, key, answer, (await elsewhere.look_up(merchant_id, key)).lease)


async def until_every_change_is_heard(cache: NearBalanceCache) -> None:
    """Wait until every change so far is heard of."""
    await cache._connection.execute("PING")


async def test_what_is_filled_in_takes_nothing_away(near, other):
    """What ADR 0005 is about: of one merchant's many days, each that is read and stored leaves the others here."""
    assert near.peek("m1", KEY) is None
    await fill(near)
    await fill(other, key="2026-11-23")
    await fill(near, key="2026-11-24")
    await until_every_change_is_heard(near)
    assert near.peek("m1", KEY) == b"answer"
    assert near.peek("m1", "2026-11-24") == b"answer"
    assert other.peek("m1", "2026-11-23") == b"answer"
    await other.invalidate(["m1"])
    await until(lambda: near.peek("m1", KEY) is None)
    assert near.peek("m1", "2026-11-24") is None


async def test_a_change_by_another_process_takes_it_away(near, other):
    await fill(near)
    await other.invalidate(["m1"])
    await until(lambda: near.peek("m1", KEY) is None)
    assert await get(near) is None


async def test_who_forgets_has_forgotten_at_once_though_the_cache_is_unavailable(near, monkeypatch):
    async def away(*_merchant_ids):
        raise CacheUnavailableError

    await fill(near)
    monkeypatch.setattr(near.behind, "invalidate", away)
    with pytest.raises(CacheUnavailableError):
        await near.invalidate(["m1"])
    assert near.peek("m1", KEY) is None


async def test_an_answer_fetched_before_forgetting_is_not_kept_after_it(near, cache):
    await fill(near)
    near._near.clear()
    fetching = asyncio.create_task(get(near))
    await asyncio.sleep(0)
    near._near.drop("m1")
    assert await fetching == b"answer"
    assert near.peek("m1", KEY) is None


async def test_an_answer_expires_by_itself(near, monkeypatch):
    await fill(near)
    now = time.monotonic()
    monkeypatch.setattr(near._near, "_clock", lambda: now + LIFETIME_S)
    assert near.peek("m1", KEY) is None


async def test_an_answer_that_is_wanted_stays_though_each_goes_after_a_second(near, cache, monkeypatch):
    await fill(near)
    skipped_s = 0.0
    monkeypatch.setattr(near._near, "_clock", lambda: time.monotonic() + skipped_s)
    for _ in range(5):
        skipped_s += (REFRESH_AFTER_S + LIFETIME_S) / 2
        assert near.peek("m1", KEY) == b"answer"
        await asyncio.gather(*near._refreshing)


async def test_a_refresh_that_fails_is_nobodys_error(near, cache, monkeypatch):
    await fill(near)
    now = time.monotonic() + REFRESH_AFTER_S
    monkeypatch.setattr(near._near, "_clock", lambda: now)
    assert near.peek("m1", KEY) is not None
    near._connection.abort()
    await asyncio.gather(*near._refreshing)
    assert near.peek("m1", KEY) is None


async def change_and_look(near: NearBalanceCache, cache_url: str, changes: int) -> int:
    """Change an answer again and again under its readers' feet; how often an older one was kept after that.

    Whether a reader may still see the older one is decided by a reply that this process has read on the connection on
    which it is told of changes: when that has come, it has been told.
    """
    stale, done = 0, asyncio.Event()

    async def keep_reading() -> None:
        while not done.is_set():
            await get(near)
            await asyncio.sleep(0)

    readers = [asyncio.create_task(keep_reading()) for _ in range(4)]
    async with RedisClient(cache_url) as writer:
        for number in range(changes):
            current = str(number).encode()
            await change(writer, current)
            await until_every_change_is_heard(near)
            kept = near.peek("m1", KEY)
            stale += kept is not None and kept != current
    done.set()
    await asyncio.gather(*readers)
    return stale


async def test_many_changes_and_readers_at_once_leave_nothing_stale(near, cache_url):
    assert await change_and_look(near, cache_url, 1_000) == 0


@with_and_without
async def test_what_was_asked_for_before_a_change_is_not_kept_after_it(guarded, near, cache_client, monkeypatch):
    if not guarded:
        monkeypatch.setattr(NearAnswers, "_stands", stands_whatever_was_heard)
    replied, may_go_on = asyncio.Event(), asyncio.Event()
    execute_pipeline = near._connection.execute_pipeline

    async def ask_slowly(*commands):
        replies = await execute_pipeline(*commands)
        replied.set()
        await may_go_on.wait()
        return replies

    await put(cache_client, b"old")
    monkeypatch.setattr(near._connection, "execute_pipeline", ask_slowly)
    reader = asyncio.create_task(get(near))
    await replied.wait()
    monkeypatch.setattr(near._connection, "execute_pipeline", execute_pipeline)
    await change(cache_client, b"new")
    await until_every_change_is_heard(near)
    may_go_on.set()
    assert await reader == b"old"
    assert (await get(near) == b"new") is guarded


def stands_whatever_was_heard(near, merchant_id, bucket):
    """What would be if the bucket were not in the stamp: a reply is kept, whatever was heard since it was asked for."""
    near._buckets[merchant_id] = bucket
    return True


@with_and_without
async def test_an_answer_is_kept_only_if_its_lease_still_stood_when_tracking_began(
    guarded, near, cache_client, monkeypatch
):
    execute_pipeline = near._connection.execute_pipeline

    async def with_a_change_in_between(looking_up, *tracking):
        (reply,) = await execute_pipeline(looking_up)
        if not tracking:
            return [reply]  # A ping.
        await change(cache_client, b"new")
        caching, lease = await execute_pipeline(*tracking)
        return [reply, caching, lease if guarded else reply[0]]

    await put(cache_client, b"old")
    monkeypatch.setattr(near._connection, "execute_pipeline", with_a_change_in_between)
    assert await get(near) == b"old"
    await until_every_change_is_heard(near)
    assert (near.peek("m1", KEY) is None) is guarded


async def test_a_lease_that_goes_by_expiry_is_heard_of(near, cache):
    await fill(near)
    await cache.pexpire(LEASE, 1)
    await until(lambda: near.peek("m1", KEY) is None)


@pytest.mark.parametrize("command", ["FLUSHALL", "FLUSHDB"])
async def test_a_server_that_is_emptied_empties_this_too(near, cache, command):
    await fill(near)
    await cache.execute_command(command)
    await until_every_change_is_heard(near)
    assert near.peek("m1", KEY) is None
    assert near._near.size == 0


@with_and_without
async def test_a_lost_connection_takes_everything_away_and_nothing_is_kept_until_changes_are_heard_again(
    guarded, near, cache, cache_client, monkeypatch
):
    await fill(near)
    if not guarded:
        monkeypatch.setattr(near._near, "close", lambda: None)
    number = await near._connection.execute("CLIENT", "ID")
    await cache.execute_command("CLIENT", "KILL", "ID", number)
    await until(lambda: near._connection is None)
    await change(cache_client, b"newer")
    kept = near.peek("m1", KEY)
    assert (kept is None) is guarded

    if guarded:
        assert await get(near) == b"newer"
        assert near.peek("m1", KEY) is None
        await until(lambda: near._connection is not None)
        assert await get(near) == b"newer"
        assert near.peek("m1", KEY) == b"newer"


async def test_many_lost_connections_leave_nothing_stale(near, cache, cache_url):
    stale = 0
    async with RedisClient(cache_url) as writer:
        for number in range(300):
            if number % 30 == 0:
                await until(lambda: near._connection is not None)
                await get(near)
                client_id = await near._connection.execute("CLIENT", "ID")
                await cache.execute_command("CLIENT", "KILL", "ID", client_id)
            current = str(number).encode()
            await change(writer, current)
            # From the moment at which it hears nothing any more until it hears again, it holds nothing.
            with suppress(AttributeError, RedisError):
                await until_every_change_is_heard(near)
            kept = near.peek("m1", KEY)
            stale += kept is not None and kept != current
            await get(near)
    assert stale == 0


async def test_a_server_that_hangs_is_found_out_within_the_lifetime_of_an_answer(own):
    async with near_cache_at(own.url) as near:
        await fill(near)
        own.process.send_signal(signal.SIGSTOP)
        await until(lambda: near.peek("m1", KEY) is None)
        await until(lambda: near._connection is None)
        assert near_cache.PING_EVERY_S + TIMEOUT_S < LIFETIME_S
        own.process.send_signal(signal.SIGCONT)
        await until(lambda: near._connection is not None)
        await fill(near, b"newer", key="2026-11-23")


async def test_a_server_that_starts_again_is_found_again(own):
    async with near_cache_at(own.url) as near:
        await fill(near)
        own.stop()
        await until(lambda: near._connection is None)
        assert near.peek("m1", KEY) is None
        await until_open(near)
        own.start()
        await until(lambda: near._connection is not None)
        # All questions take that connection now: nobody else would find out.
        assert near.behind.breaker.state == "closed"
        await fill(near)


async def test_without_a_server_it_behaves_as_an_empty_cache():
    async with NearBalanceCache("redis://127.0.0.1:1", TIMEOUT_S, prepare=bytes) as near:
        assert await get(near) is None
        assert near.peek("m1", KEY) is None


async def test_where_nobody_may_be_told_of_changes_the_shared_cache_answers_and_nothing_is_kept(own):
    async with RedisClient(own.url) as owner:
        await owner.execute("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-client|tracking")
        url = f"redis://reader:secret@127.0.0.1:{own.port}"
        async with NearBalanceCache(url, TIMEOUT_S, prepare=bytes) as near:
            await fill(near)
            assert near.peek("m1", KEY) is None
            await owner.execute("ACL", "SETUSER", "reader", "+client|tracking")
            await until(lambda: near._connection is not None)
            await fill(near)
            assert near.peek("m1", KEY) == b"answer"


async def test_a_wrong_password_is_no_cache_at_all(own):
    async with NearBalanceCache(f"redis://:wrong@127.0.0.1:{own.port}", TIMEOUT_S, prepare=bytes) as near:
        assert await get(near) is None
        with pytest.raises(CacheUnavailableError):
            await near.invalidate(["m1"])


async def test_many_questions_share_the_connection_and_each_gets_its_own_reply(cache_client, cache_url):
    for number in range(1_000):
        await put(cache_client, str(number).encode(), merchant_id=f"m{number}")
    async with near_cache_at(cache_url, timeout_s=10) as near:
        replies = await asyncio.gather(*(near.look_up(f"m{number}", KEY) for number in range(1_000)))
    assert [reply.answer for reply in replies] == [str(number).encode() for number in range(1_000)]


async def test_who_goes_away_does_not_take_the_next_ones_reply(near, cache_client):
    await put(cache_client, b"1", "a")
    await put(cache_client, b"2", "b")
    gone, stays = asyncio.create_task(get(near, "a")), asyncio.create_task(get(near, "b"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == b"2"


async def test_an_answer_handed_over_gets_there_without_another_question(cache_url, cache_client, monkeypatch):
    monkeypatch.setattr(near_cache, "PING_EVERY_S", 600)
    async with near_cache_at(cache_url, timeout_s=5) as near:
        await near.store("m1", KEY, b"answer", (await near.look_up("m1", KEY)).lease)
        elsewhere = RedisBalanceCache(cache_client)
        async with asyncio.timeout(60):
            while (await elsewhere.look_up("m1", KEY)).answer != b"answer":
                pass


async def test_a_command_that_is_refused_is_the_error_of_whoever_asked_and_of_nobody_else(near):
    near._connection.send_nowait("NONSENSE")
    refused = asyncio.create_task(near._connection.execute_pipeline(("PING",), ("NONSENSE",), ("PING",)))
    assert await near._connection.execute("PING") == b"PONG"
    with pytest.raises(RedisReplyError):
        await refused
