import asyncio
import time

import pytest
from fluxo_chassis.resilience import Bulkhead, BulkheadFull
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]


async def pass_through(bulkhead: Bulkhead, open_gate: asyncio.Event) -> None:
    async with bulkhead:
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
        async with bulkhead:
            raise ZeroDivisionError
    gone = asyncio.create_task(pass_through(bulkhead, asyncio.Event()))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    async with bulkhead:
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
        async with bulkhead:
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(take(number) for number in range(10)))
    assert served == list(range(10))
