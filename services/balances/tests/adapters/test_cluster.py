"""One server in cluster mode: it has every slot, and takes no command or transaction over two of them."""

import asyncio

import pytest
from fluxo_balances.adapters.redis.balance_cache import RedisBalanceCache
from fluxo_balances.adapters.redis.cached_answers import RedisCachedAnswers
from fluxo_balances.adapters.redis.carried_events import RedisCarriedEvents
from fluxo_balances.adapters.redis.consumer_group import ConsumerGroup
from fluxo_balances.adapters.redis.dead_letters import RedisDeadLetters
from fluxo_balances.adapters.redis.entry_events import RedisEntryEvents
from fluxo_balances.application.projecting.ports import Backlog, DeadLetter
from fluxo_chassis.process import SystemClock
from fluxo_chassis.redis import RedisClient
from fluxo_contracts.streams import ENTRIES_STREAM
from fluxo_local.embedded import valkey

from tests.harness.ports import free_port

pytestmark = pytest.mark.anyio

KEY = "2026-11-22"
MERCHANTS = ["m1", "m2", "m3"]


@pytest.fixture
async def cluster(tmp_path, monkeypatch):
    in_cluster_mode = f"cluster-enabled yes\ncluster-port {free_port()}\ncluster-require-full-coverage no\n"
    monkeypatch.setattr(valkey, "_SETTINGS", valkey._SETTINGS + in_cluster_mode)
    server = valkey.ValkeyServer(tmp_path / "cluster", free_port(), persistent=False)
    server.start()
    async with RedisClient(server.url) as client:
        await client.execute("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        # A master that starts waits for two seconds.
        while b"cluster_state:ok" not in await client.execute("CLUSTER", "INFO"):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.05)
        yield client
    server.stop()


async def test_an_event_becomes_a_dead_letter_is_noted_and_discarded(cluster):
    group, letters = ConsumerGroup(cluster), RedisDeadLetters(cluster)
    events = RedisEntryEvents(cluster, group, "p1")
    await group.make()
    await cluster.execute("XADD", ENTRIES_STREAM, "*", "event", b"garbage")
    (delivery,) = await events.read(1, 0.01)

    await events.dead_letter([DeadLetter(delivery, "It is garbage.")])

    assert await group.backlog() == Backlog(unread=0, pending=0, dead_letters=1)
    (letter,) = [letter async for letter in letters.letters()]
    await letters.note_failure(letter.id, "It still is.", SystemClock().now())
    assert await letters.remove(letter.id)
    await RedisCarriedEvents(cluster).remove_all()
    assert await cluster.execute("DBSIZE") == 0


@pytest.mark.parametrize("remove", ["the updated", "all"])
async def test_the_answers_of_several_merchants_are_removed(cluster, remove):
    balances = RedisBalanceCache(cluster)
    for merchant_id in MERCHANTS:
        await balances.store(merchant_id, KEY, b"answer", (await balances.look_up(merchant_id, KEY)).lease)
        assert (await balances.look_up(merchant_id, KEY)).answer == b"answer"

    await (balances.invalidate(MERCHANTS) if remove == "the updated" else RedisCachedAnswers(cluster).remove_all())

    assert [(await balances.look_up(merchant_id, KEY)).answer for merchant_id in MERCHANTS] == [None] * 3
