import asyncio
import time

import pytest
from fluxo_chassis.resilience import Backoff, Retry, wait_for_stop
from prometheus_client import REGISTRY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("virtual_time")]


def gauge(name):
    return REGISTRY.get_sample_value("circuit_breaker_state", {"name": name})


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
    began = time.monotonic()
    assert await wait_for_stop(stop, 60) is False
    asyncio.get_running_loop().call_later(1, stop.set)
    assert await wait_for_stop(stop, 60) is True
    assert time.monotonic() - began == pytest.approx(61)


class Work:
    """Fails so often, then succeeds; notes what its retry says of itself meanwhile."""

    def __init__(self, retry, failures):
        self.retry = retry
        self.failures = failures
        self.states = []
        self.tried = asyncio.Event()

    async def __call__(self):
        self.states.append(self.retry.state)
        self.tried.set()
        if len(self.states) <= self.failures:
            raise ConnectionError


async def test_it_tries_until_it_is_done_and_tells_that_it_waits():
    retry = Retry("until", first_s=1, cap_s=2)
    work = Work(retry, failures=3)
    await retry.until_done(work, asyncio.Event())
    assert work.states == ["closed", "half-open", "half-open", "half-open"]
    assert (retry.state, gauge("until")) == ("closed", 0)


async def test_while_it_waits_health_says_since_when():
    retry, stop = Retry("waits", first_s=60, cap_s=60), asyncio.Event()
    work = Work(retry, failures=1)
    waiting = asyncio.create_task(retry.for_ever(work, stop))
    await work.tried.wait()
    seen = await retry.observe()
    assert (seen.status, seen.observed_value) == ("warn", "open")
    assert seen.output.startswith("away since 20")
    assert gauge("waits") == 2
    stop.set()
    await asyncio.wait_for(waiting, 30)
    assert len(work.states) == 1


async def test_other_errors_are_the_callers():
    async def bug():
        raise KeyError

    with pytest.raises(KeyError):
        await Retry("other").until_done(bug, asyncio.Event(), on=ConnectionError)


async def test_for_ever_goes_on_after_success_and_ends_when_asked_to():
    retry, stop, done = Retry("ever", first_s=1, cap_s=2), asyncio.Event(), []

    async def work():
        done.append(len(done))
        if len(done) % 2:
            raise ConnectionError
        if len(done) == 10:
            stop.set()

    await retry.for_ever(work, stop)
    assert len(done) == 10
