import asyncio
import time

import pytest
from fluxo_chassis.resilience import Bulkhead, BulkheadFull, TenantOverShare
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]


async def pass_through(bulkhead: Bulkhead, open_gate: asyncio.Event) -> None:
    async with bulkhead.slot("m1"):
        await open_gate.wait()


async def test_one_more_than_may_wait_is_told_at_once():
    began = time.monotonic()
    bulkhead = Bulkhead("test", running_max=1, waiting_max=2, wait_max_s=60)
    gate = asyncio.Event()
    crowd = [asyncio.create_task(pass_through(bulkhead, gate)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(BulkheadFull):
        await pass_through(bulkhead, gate)
    assert time.monotonic() == began
    gate.set()
    await asyncio.gather(*crowd)


async def test_nobody_waits_longer_than_agreed():
    bulkhead = Bulkhead("test", running_max=1, waiting_max=2, wait_max_s=60)
    gate = asyncio.Event()
    inside = asyncio.create_task(pass_through(bulkhead, gate))
    await asyncio.sleep(0)
    began = time.monotonic()
    with pytest.raises(BulkheadFull):
        await pass_through(bulkhead, gate)
    assert time.monotonic() - began == pytest.approx(60)
    gate.set()
    await inside


async def test_a_seat_is_given_back_by_whoever_fails_or_goes_away():
    bulkhead = Bulkhead("test", running_max=1, waiting_max=0, wait_max_s=1)
    with pytest.raises(ZeroDivisionError):
        async with bulkhead.slot("m1"):
            raise ZeroDivisionError
    gone = asyncio.create_task(pass_through(bulkhead, asyncio.Event()))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    async with bulkhead.slot("m1"):
        pass


async def test_its_state_is_in_metrics_and_health():
    def metric(name):
        return REGISTRY.get_sample_value(name, {"name": "seen"})

    bulkhead = Bulkhead("seen", running_max=1, waiting_max=1, wait_max_s=60)
    gate = asyncio.Event()
    crowd = [asyncio.create_task(pass_through(bulkhead, gate))]
    await asyncio.sleep(0)
    assert (await bulkhead.observe()).status == "pass"
    crowd.append(asyncio.create_task(pass_through(bulkhead, gate)))
    await asyncio.sleep(0)
    with pytest.raises(BulkheadFull):
        await pass_through(bulkhead, gate)
    assert [metric(f"bulkhead_{each}") for each in ("running", "waiting", "refused_total")] == [1, 1, 1]
    seen = await bulkhead.observe()
    assert (seen.status, seen.observed_value, seen.observed_unit) == ("warn", 1, "waiting")
    gate.set()
    await asyncio.gather(*crowd)
    assert [metric(f"bulkhead_{each}") for each in ("running", "waiting", "refused_total")] == [0, 0, 1]


async def test_those_who_wait_are_served_in_their_order():
    bulkhead = Bulkhead("ordered", running_max=1, waiting_max=10, wait_max_s=60)
    served = []

    async def take(number):
        async with bulkhead.slot("m1"):
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(10)))
    assert served == list(range(10))


class Crowd:
    """Callers of several tenants before one bulkhead; `served` holds whose were let in, in that order."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.bulkhead = bulkhead
        self.served: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.callers: dict[str, list[asyncio.Task[None]]] = {}

    async def come(self, tenant: str, number: int = 1) -> None:
        self.gates.setdefault(tenant, asyncio.Event())
        self.callers.setdefault(tenant, []).extend(asyncio.create_task(self._pass(tenant)) for _ in range(number))
        await asyncio.sleep(0)

    async def finish(self, tenant: str) -> list[BaseException | None]:
        self.gates[tenant].set()
        return await asyncio.gather(*self.callers[tenant], return_exceptions=True)

    def refused(self, tenant: str) -> list[type[BaseException]]:
        return [type(error) for each in self.callers[tenant] if each.done() and (error := each.exception())]

    async def _pass(self, tenant: str) -> None:
        async with self.bulkhead.slot(tenant):
            self.served.append(tenant)
            await self.gates[tenant].wait()


async def test_who_comes_after_anothers_crowd_is_served_next():
    crowd = Crowd(Bulkhead("turns", running_max=1, waiting_max=100, wait_max_s=60))
    await crowd.come("crowd", 50)
    await crowd.come("one")
    await crowd.come("other", 2)
    for tenant in ("one", "other", "crowd"):
        crowd.gates[tenant].set()
    await crowd.finish("crowd")
    assert crowd.served[:6] == ["crowd", "crowd", "one", "other", "crowd", "other"]
    assert len(crowd.served) == 53


async def test_slots_that_come_free_go_to_who_holds_the_fewest_however_long_the_others_hold_theirs():
    crowd = Crowd(Bulkhead("fewest", running_max=8, waiting_max=100, wait_max_s=60))
    await crowd.come("quick", 1)
    await crowd.come("slow", 50)
    assert crowd.served.count("slow") == 7
    await crowd.come("quick", 20)
    await crowd.finish("quick")
    # One slot served all of the quick ones: none went to the slow, who hold seven.
    assert crowd.served == ["quick"] + ["slow"] * 7 + ["quick"] * 20 + ["slow"]
    await crowd.finish("slow")


async def test_a_tenant_has_every_slot_while_nobody_else_waits_unless_it_is_bounded():
    crowd = Crowd(Bulkhead("alone", running_max=8, waiting_max=100, wait_max_s=60))
    await crowd.come("alone", 50)
    assert crowd.served == ["alone"] * 8
    await crowd.finish("alone")

    crowd = Crowd(Bulkhead("bounded", running_max=8, waiting_max=100, wait_max_s=60, tenant_running_max=2))
    await crowd.come("alone", 50)
    await crowd.come("other", 1)
    assert crowd.served == ["alone", "alone", "other"]
    await crowd.finish("alone")
    await crowd.finish("other")
    assert len(crowd.served) == 51


async def test_a_full_queue_has_room_for_whoever_has_fewer_in_it_than_the_fullest():
    crowd = Crowd(Bulkhead("full-queue", running_max=1, waiting_max=4, wait_max_s=60))
    await crowd.come("crowd", 5)
    await crowd.come("crowd", 1)
    assert crowd.refused("crowd") == [BulkheadFull]  # alone it is nobody's share that it is over
    await crowd.come("one", 2)
    await crowd.come("one", 1)
    assert crowd.refused("one") == [TenantOverShare]
    await crowd.come("crowd", 1)
    await asyncio.sleep(0)
    assert crowd.refused("crowd") == [TenantOverShare, TenantOverShare, BulkheadFull, TenantOverShare]
    crowd.gates["one"].set()
    await crowd.finish("crowd")
    assert crowd.served == ["crowd", "crowd", "one", "crowd", "one"]


async def test_who_is_over_its_bound_and_may_not_wait_is_told_that_it_is_its_own_doing():
    crowd = Crowd(Bulkhead("no-queue", running_max=3, waiting_max=0, wait_max_s=0, tenant_running_max=2))
    await crowd.come("crowd", 3)
    await crowd.come("one")
    await crowd.come("other")
    assert (crowd.refused("crowd"), crowd.refused("one"), crowd.refused("other")) == (
        [TenantOverShare],
        [],
        [BulkheadFull],
    )
    await crowd.finish("crowd")
    await crowd.finish("one")


async def test_who_waited_in_vain_is_not_told_that_it_is_its_own_doing():
    crowd = Crowd(Bulkhead("slow", running_max=3, waiting_max=10, wait_max_s=1, tenant_running_max=2))
    await crowd.come("one", 3)
    await asyncio.sleep(1.1)
    assert crowd.refused("one") == [BulkheadFull]
    await crowd.finish("one")


async def test_a_turn_that_comes_as_its_caller_leaves_goes_to_the_next():
    bulkhead = Bulkhead("left", running_max=1, waiting_max=10, wait_max_s=60)
    crowd = Crowd(bulkhead)
    await crowd.come("first")
    await crowd.come("leaves", 2)
    await crowd.come("stays")
    crowd.callers["leaves"][0].cancel()  # before the slot is free
    await crowd.finish("first")  # and now it is the second one's
    crowd.callers["leaves"][1].cancel()
    await crowd.finish("stays")
    async with bulkhead.slot("later"):
        assert (await bulkhead.observe()).observed_value == 0
