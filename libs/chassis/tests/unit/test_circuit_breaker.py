import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from fluxo_chassis.resilience import CircuitBreaker, CircuitOpen
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]


async def fail(breaker):
    with pytest.raises(ConnectionError):
        async with breaker:
            raise ConnectionError


async def opened(name, reset_after_s=5):
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
    await asyncio.sleep(7)
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


async def test_what_is_seen_to_work_on_another_way_closes_it_though_a_probe_is_under_way():
    breaker = await opened("another way")
    await asyncio.sleep(7)
    release = asyncio.Event()

    async def probe():
        async with breaker:
            await release.wait()
            raise ConnectionError

    probing = asyncio.create_task(probe())
    await asyncio.sleep(0)
    assert breaker.state == "half-open"
    breaker.close()
    assert (breaker.state, gauge("another way")) == ("closed", 0)
    release.set()
    with pytest.raises(ConnectionError):
        await probing
    assert breaker.state == "closed", "a failure that began before counts as one"


async def test_a_failed_probe_opens_it_again():
    breaker = await opened("again")
    await asyncio.sleep(7)
    await fail(breaker)
    assert breaker.state == "open"
    with pytest.raises(CircuitOpen):
        async with breaker:
            pass


async def test_a_cancelled_probe_tells_nothing_and_lets_the_next_one_try():
    breaker = await opened("cancelled")
    await asyncio.sleep(7)

    async def hang():
        async with breaker:
            await asyncio.Event().wait()

    probe = asyncio.create_task(hang())
    await asyncio.sleep(0)
    probe.cancel()
    await asyncio.wait([probe])
    assert breaker.state == "open"
    async with breaker:
        pass
    assert breaker.state == "closed"


async def test_its_state_is_a_health_check():
    closed = await CircuitBreaker("seen").observe()
    assert (closed.status, closed.observed_value) == ("pass", "closed")
    open_ = await (await opened("seen", reset_after_s=60)).observe()
    assert (open_.status, open_.observed_value) == ("warn", "open")
    assert open_.output.startswith("away since 20")


async def test_away_since_is_when_it_opened_first_until_it_closes():
    breaker = await opened("since")
    since = (await breaker.observe()).output
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        await asyncio.sleep(7)
        await fail(breaker)
    assert (await breaker.observe()).output == since
    await asyncio.sleep(7)
    async with breaker:
        pass
    assert (await breaker.observe()).output is None


async def test_what_began_before_it_opened_neither_closes_it_nor_makes_it_rest_longer():
    breaker = CircuitBreaker("late", failures=3, reset_after_s=5)
    began, end = [], asyncio.Event()

    async def slow(how):
        breaker.begin()
        began.append(how)
        await end.wait()
        how()

    late = [asyncio.create_task(slow(how)) for how in (breaker.fail, breaker.succeed)]
    await asyncio.sleep(0)
    for _ in range(3):
        await fail(breaker)
    await asyncio.sleep(7)
    end.set()
    await asyncio.gather(*late)
    assert breaker.state == "open"
    async with breaker:
        pass
    assert breaker.state == "closed"


async def test_the_wait_before_a_probe_grows_to_a_cap_while_probes_fail():
    breaker = CircuitBreaker("grows", failures=1, reset_after_s=2, reset_cap_s=60)
    await fail(breaker)
    for wait_s in (3, 6):
        await asyncio.sleep(wait_s)
        await fail(breaker)
    await asyncio.sleep(3)
    with pytest.raises(CircuitOpen):
        breaker.begin()
