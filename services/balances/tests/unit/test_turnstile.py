import asyncio

import pytest
from fluxo_balances.application.turnstile import OverloadedError, Turnstile

pytestmark = pytest.mark.anyio


async def pass_through(turnstile: Turnstile, open_gate: asyncio.Event) -> None:
    async with turnstile.passage():
        await open_gate.wait()


async def test_one_more_than_may_wait_is_told_at_once():
    turnstile = Turnstile(running_max=1, waiting_max=2, wait_max_s=60)
    gate = asyncio.Event()
    crowd = [asyncio.create_task(pass_through(turnstile, gate)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await pass_through(turnstile, gate)
    gate.set()
    await asyncio.gather(*crowd)


async def test_nobody_waits_longer_than_agreed():
    turnstile = Turnstile(running_max=1, waiting_max=2, wait_max_s=0.01)
    gate = asyncio.Event()
    inside = asyncio.create_task(pass_through(turnstile, gate))
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await pass_through(turnstile, gate)
    gate.set()
    await inside


async def test_a_seat_is_given_back_by_whoever_fails_or_goes_away():
    turnstile = Turnstile(running_max=1, waiting_max=0, wait_max_s=1)
    with pytest.raises(ZeroDivisionError):
        async with turnstile.passage():
            raise ZeroDivisionError
    gone = asyncio.create_task(pass_through(turnstile, asyncio.Event()))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    async with turnstile.passage():
        pass
