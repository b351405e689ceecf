"""How often the database is asked for a merchant's settings, and how old an answer may be."""

import asyncio

import pytest
from fluxo_entries.adapters import cached_merchants
from fluxo_entries.adapters.cached_merchants import KEPT_S, RENEWED_AFTER_S, CachedMerchants
from fluxo_entries.domain.merchant import Merchant

pytestmark = pytest.mark.anyio


class Database:
    """Answers when told to, with the name that the merchant has when it is asked."""

    def __init__(self):
        self.asked = 0
        self.name = "first"
        self.fails = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def get(self, merchant_id):
        self.asked += 1
        name = self.name
        await self.may_answer.wait()
        if self.fails:
            raise ConnectionError
        return Merchant(merchant_id, name, "BRL", "America/Sao_Paulo")

    async def save(self, merchant, traceparent=None):
        self.name = merchant.name


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(cached_merchants, "time", clock)
    return clock


@pytest.fixture
async def database():
    return Database()


@pytest.fixture
def known(database, clock):
    return CachedMerchants(database)


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_crowd_asks_once(known, database):
    found = await asyncio.gather(*(known.get("m") for _ in range(64)))
    assert {merchant.name for merchant in found} == {"first"}
    assert database.asked == 1


async def test_a_busy_merchant_is_renewed_while_nobody_waits(known, database, clock):
    await known.get("m")
    database.name = "second"
    clock.now += RENEWED_AFTER_S
    database.may_answer.clear()
    assert [(await known.get("m")).name for _ in range(3)] == ["first"] * 3
    await settled()
    assert database.asked == 2
    database.may_answer.set()
    await settled()
    assert (await known.get("m")).name == "second"
    assert database.asked == 2


async def test_nothing_older_than_a_second_is_given(known, database, clock):
    await known.get("m")
    database.name = "second"
    clock.now += KEPT_S
    assert (await known.get("m")).name == "second"


async def test_what_was_read_before_a_change_is_not_kept(known, database, clock):
    database.may_answer.clear()
    reading = asyncio.create_task(known.get("m"))
    await settled()
    await known.save(Merchant("m", "second", "BRL", "America/Sao_Paulo"))
    database.may_answer.set()
    assert (await reading).name == "first"
    assert (await known.get("m")).name == "second"


async def test_a_failure_is_for_those_who_wait_and_is_not_kept(known, database, clock):
    await known.get("m")
    database.fails = True
    clock.now += RENEWED_AFTER_S
    assert (await known.get("m")).name == "first"
    await settled()
    clock.now += KEPT_S
    with pytest.raises(ConnectionError):
        await known.get("m")
    database.fails = False
    assert (await known.get("m")).name == "first"


async def test_one_who_stops_waiting_takes_it_from_nobody(known, database):
    database.may_answer.clear()
    leaving, staying = (asyncio.create_task(known.get("m")) for _ in range(2))
    await settled()
    leaving.cancel()
    await settled()
    database.may_answer.set()
    assert (await staying).name == "first"
    assert database.asked == 1
