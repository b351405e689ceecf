import asyncio

import pytest
from fluxo_chassis.resilience import Backoff, CircuitBreaker, CircuitOpen, wait_for_stop
from prometheus_client import REGISTRY

pytestmark = pytest.mark.anyio


async def fail(breaker):
    with pytest.raises(ConnectionError):
        async with breaker:
            raise ConnectionError


async def opened(name, reset_after_s=0.05):
    breaker = CircuitBreaker(name, failures=3, reset_after_s=reset_after_s)
    for _ in range(3):
        await fail(breaker)
    return breaker


def gauge(name):
    return REGISTRY.get_sample_value("circuit_breaker_state", {"name": name})


async def test_it_opens_after_failures_in_a_row_and_calls_fail_at_once():
    breaker = await opened("opens", reset_after_s=60)
    assert breaker.state == "open"
    assert gauge("opens") == 2
    with pytest.raises(CircuitOpen):
        async with breaker:
            pytest.fail("the call was tried")


async def test_a_success_between_failures_keeps_it_closed():
    breaker = CircuitBreaker("keeps", failures=3)
    for _ in range(5):
        await fail(breaker)
        await fail(breaker)
        async with breaker:
            pass
    assert breaker.state == "closed"


async def test_of_fifty_at_once_a_single_probe_goes_through():
    breaker = await opened("probe")
    await asyncio.sleep(0.07)
    went_through, release = [], asyncio.Event()

    async def call(number):
        async with breaker:
            went_through.append(number)
            await release.wait()

    calls = [asyncio.create_task(call(number)) for number in range(50)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(went_through) == 1
    assert breaker.state == "half-open"
    release.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, CircuitOpen) for result in results) == 49
    assert breaker.state == "closed"


async def test_a_failed_probe_opens_it_again():
    breaker = await opened("again")
    await asyncio.sleep(0.07)
    await fail(breaker)
    assert breaker.state == "open"
    with pytest.raises(CircuitOpen):
        async with breaker:
            pass


async def test_a_cancelled_probe_lets_the_next_one_try():
    breaker = await opened("cancelled")
    await asyncio.sleep(0.07)

    async def hang():
        async with breaker:
            await asyncio.Event().wait()

    probe = asyncio.create_task(hang())
    await asyncio.sleep(0)
    probe.cancel()
    await asyncio.wait([probe])
    async with breaker:
        pass
    assert breaker.state == "closed"


async def test_waits_grow_to_a_cap_and_start_over():
    backoff = Backoff(1, 5, jitter=0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next() == 1


async def test_waits_of_many_callers_are_spread():
    waits = [Backoff(1, 5).next() for _ in range(100)]
    assert all(0.8 <= wait <= 1.2 for wait in waits)
    assert len(set(waits)) > 50


async def test_a_sleeper_wakes_when_asked_to_stop():
    stop = asyncio.Event()
    assert await wait_for_stop(stop, 0.01) is False
    asyncio.get_running_loop().call_later(0.01, stop.set)
    assert await wait_for_stop(stop, 60) is True


async def test_its_state_is_a_health_check():
    closed = await CircuitBreaker("seen").observe()
    assert (closed.status, closed.observed_value) == ("pass", "closed")
    open_ = await (await opened("seen", reset_after_s=60)).observe()
    assert (open_.status, open_.observed_value) == ("warn", "open")
