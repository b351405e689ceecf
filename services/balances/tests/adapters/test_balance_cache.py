import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from urllib.parse import urlsplit

import pytest
from fluxo_balances.adapters.postgres.daily_balances import PostgresDailyBalances
from fluxo_balances.adapters.postgres.projection import PostgresProjection
from fluxo_balances.adapters.redis import scripts
from fluxo_balances.adapters.redis.balance_cache import FIELDS_MAX, LIFETIME_S, Lookup, RedisBalanceCache, keys_of
from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.application.ports import CacheUnavailableError
from fluxo_balances.application.reading.get_daily_balance import GetDailyBalance
from fluxo_balances.entrypoints.http.answer_cache import AnswerCache, AnswerStore
from fluxo_balances.entrypoints.http.answers import render_day
from fluxo_chassis.redis import RedisClient
from fluxo_chassis.resilience import Bulkhead
from fluxo_local.embedded.valkey import ValkeyServer
from redis._parsers import Encoder
from redis.cluster import RedisCluster

from tests.harness.ports import free_port
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
KEY = "2026-11-22"
LEASE = "balances:m1"
ANSWERS = "{balances:m1}:answers"


async def store(cache: AnswerStore, key: str, answer: bytes, merchant_id: str = "m1") -> None:
    await cache.store(merchant_id, key, answer, (await cache.look_up(merchant_id, key)).lease)


async def test_no_answer_is_kept_for_more_than_an_hour(cache, cache_client):
    balances = RedisBalanceCache(cache_client)
    await store(balances, KEY, b"answer")
    for key in (LEASE, ANSWERS):
        assert LIFETIME_S - 5 < await cache.ttl(key) <= LIFETIME_S == 3_600
        await cache.expire(key, 100)
    await store(balances, "2026-11-23", b"answer")
    assert [0 < await cache.ttl(key) <= 100 for key in (LEASE, ANSWERS)] == [True, True]


async def test_what_is_left_of_answers_whose_lease_went_alone_is_void(cache, cache_client):
    balances = RedisBalanceCache(cache_client)
    await store(balances, KEY, b"old")
    await cache.delete(LEASE)
    assert (await balances.look_up("m1", KEY)).answer is None
    await store(balances, "2026-11-23", b"new")
    assert (await balances.look_up("m1", KEY)).answer is None
    assert (await balances.look_up("m1", "2026-11-23")).answer == b"new"


@pytest.fixture
def servers(tmp_path) -> Iterator[list[ValkeyServer]]:
    """Two cache servers; `follow` makes one a replica."""
    servers = [ValkeyServer(tmp_path / name, free_port(), persistent=False) for name in ("primary", "replica")]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


@pytest.mark.parametrize("guarded", [True, False], ids=["with", "without"])
async def test_a_promoted_replica_serves_no_answer_whose_removal_it_did_not_hear_of(guarded, monkeypatch, servers):
    if not guarded:
        words = "string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or ''"
        assert words in scripts.LOOK_UP
        monkeypatch.setattr(scripts, "LOOK_UP", scripts.LOOK_UP.replace(words, "''"))
    primary, replica = servers
    async with RedisClient(primary.url) as at_primary, RedisClient(replica.url) as at_replica:
        before, after = RedisBalanceCache(at_primary), RedisBalanceCache(at_replica)
        await store(before, KEY, b"old")
        await follow(at_replica, primary)
        lease = (await before.look_up("m1", KEY)).lease
        # The last thing that it hears; the removal comes after.
        await at_replica.execute("REPLICAOF", "NO", "ONE")
        await before.invalidate(["m1"])

        assert (await after.look_up("m1", KEY)).answer == (None if guarded else b"old")
        await after.store("m1", KEY, b"read before", lease)
        assert (await after.look_up("m1", KEY)).answer == (None if guarded else b"read before")
        await store(after, "2026-11-23", b"new")
        assert (await after.look_up("m1", "2026-11-23")).answer == b"new"


async def test_a_server_that_was_demoted_and_promoted_again_serves_nothing_of_its_first_life(servers):
    first, second = servers
    async with RedisClient(first.url) as at_first, RedisClient(second.url) as at_second:
        cache = RedisBalanceCache(at_first)
        await store(cache, KEY, b"old")
        await follow(at_second, first)
        await at_second.execute("REPLICAOF", "NO", "ONE")
        await follow(at_first, second)
        await at_first.execute("REPLICAOF", "NO", "ONE")
        assert (await cache.look_up("m1", KEY)).answer is None


async def test_what_was_removed_where_no_reader_asks_any_more_is_removed_once_more(servers, eventually):
    old, new = servers
    async with Proxy(old.url) as proxy, RedisClient(proxy.url) as of_projector, RedisClient(new.url) as of_reader:
        projected, whole = RedisBalanceCache(of_projector), RedisCachedAnswers(of_projector)
        read = RedisBalanceCache(of_reader)
        await of_reader.execute("CONFIG", "SET", "requirepass", urlsplit(old.url).password)
        await whole.remove_all_if_moved()
        # A failover: readers are there first, and the one that was the primary still takes what it is told.
        await store(read, KEY, b"old")
        await projected.invalidate(["m1"])
        assert (await read.look_up("m1", KEY)).answer == b"old"

        proxy.lead_to(new.url)
        proxy.reset()

        async def is_removed() -> bool:
            with suppress(CacheUnavailableError):
                await whole.remove_all_if_moved()
            return (await read.look_up("m1", KEY)).answer is None

        await eventually(is_removed)
        await store(read, KEY, b"new")
        await whole.remove_all_if_moved()
        assert (await read.look_up("m1", KEY)).answer == b"new", "it is still the same server"


async def follow(replica: RedisClient, primary: ValkeyServer) -> None:
    """Make it a replica, and wait until it has everything."""
    async with RedisClient(primary.url) as client:
        # Else it waits five seconds for other replicas.
        await client.execute("CONFIG", "SET", "repl-diskless-sync-delay", "0")
    await replica.execute("CONFIG", "SET", "masterauth", urlsplit(primary.url).password)
    await replica.execute("REPLICAOF", "127.0.0.1", primary.port)
    async with asyncio.timeout(60):
        while b"master_link_status:up" not in await replica.execute("INFO", "replication"):  # noqa: ASYNC110 - theirs
            await asyncio.sleep(0.01)
    assert await replica.execute("EXISTS", LEASE)


async def test_a_lease_outlives_its_answers(cache, cache_client):
    balances = RedisBalanceCache(cache_client)
    await store(balances, KEY, b"answer")
    await cache.delete(ANSWERS)
    assert (await balances.look_up("m1", KEY)).answer is None
    await store(balances, KEY, b"again")
    assert (await balances.look_up("m1", KEY)).answer == b"again"


def test_a_cluster_has_a_merchants_keys_in_one_slot():
    client = RedisCluster.__new__(RedisCluster)
    client.encoder = Encoder("utf-8", "strict", decode_responses=False)
    assert keys_of("m1") == (LEASE, ANSWERS)
    assert client.keyslot(LEASE) == client.keyslot(ANSWERS)


async def test_one_merchant_cannot_fill_the_cache(cache, cache_client):
    balances = RedisBalanceCache(cache_client)
    for number in range(FIELDS_MAX + 10):
        await store(balances, str(number), b"answer")
    assert await cache.hlen(ANSWERS) == FIELDS_MAX
    await store(balances, KEY, b"answer", merchant_id="m2")
    assert (await balances.look_up("m2", KEY)).answer == b"answer"


async def test_scripts_survive_a_server_that_forgot_them(cache, cache_client):
    balances = RedisBalanceCache(cache_client)
    await store(balances, "warm", b"answer")
    await cache.script_flush()
    await balances.store("m1", KEY, b"answer", (await balances.look_up("m1", KEY)).lease)
    assert (await balances.look_up("m1", KEY)).answer == b"answer"


async def test_a_lost_connection_costs_one_miss(cache, cache_client):
    balances = RedisBalanceCache(cache_client)
    await balances.store("m1", KEY, b"answer", (await balances.look_up("m1", KEY)).lease)
    await cache.client_kill_filter(_type="normal", skipme=True)
    answers = [(await balances.look_up("m1", KEY)).answer for _ in range(2)]
    assert answers[-1] == b"answer"


async def test_a_cache_that_is_unavailable_behaves_as_an_empty_one_but_owns_up_to_a_failed_removal():
    async with RedisClient("redis://127.0.0.1:1") as nowhere:
        balances = RedisBalanceCache(nowhere)
        for _ in range(10):
            assert await balances.look_up("m1", KEY) == Lookup()
            await balances.store("m1", KEY, b"answer", b"lease")
        with pytest.raises(CacheUnavailableError):
            await balances.invalidate(["m1"])


class NaiveCache(RedisBalanceCache):
    """What this service's cache would be without leases: stores whatever a reader brings."""

    async def store(self, merchant_id: str, key: str, answer: bytes, lease: bytes) -> None:
        current = (await self.look_up(merchant_id, key)).lease
        await super().store(merchant_id, key, answer, current)


@pytest.mark.parametrize(("kind", "served"), [(RedisBalanceCache, "1.50"), (NaiveCache, "1.00")])
async def test_what_was_read_before_an_update_is_never_served_after_it(pool, cache_client, recorded, kind, served):
    """The race itself, on real servers. The naive cache loses it, so the test can tell."""
    balances, projection = kind(cache_client), PostgresProjection(pool)
    get_daily_balance = GetDailyBalance(PostgresDailyBalances(pool))
    bulkhead = Bulkhead("reads", running_max=2, waiting_max=2, wait_max_s=1)
    answers = AnswerCache(balances, bulkhead, bulkhead, database_is_unavailable=lambda: False)
    has_read, may_store = asyncio.Event(), asyncio.Event()

    async def read() -> bytes:
        return render_day(*await get_daily_balance("m1", DAY))

    async def read_slowly() -> bytes:
        seen = await read()
        has_read.set()
        await may_store.wait()
        return seen

    await projection.apply([recorded("m1", DAY, credit=100)])
    slow = asyncio.create_task(answers.get("m1", KEY, read_slowly))
    await has_read.wait()
    await projection.apply([recorded("m1", DAY, credit=50)])
    await balances.invalidate(["m1"])
    may_store.set()
    assert b'"closing_balance":"1.00"' in (await slow).body

    answer = await answers.get("m1", KEY, read)
    assert f'"closing_balance":"{served}"'.encode() in answer.body
