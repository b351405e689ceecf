"""How often the relay takes a step, whatever stands behind its ports."""

import asyncio

import pytest
from fluxo_entries.application.publish_outbox import Step
from fluxo_entries.entrypoints.relay import GATHER_ROWS, GATHER_S, Relay

pytestmark = pytest.mark.anyio

STEPS = 50


async def nothing():
    return None


class Silence:
    """Nobody notifies."""

    async def wait(self, timeout_s):
        await asyncio.sleep(timeout_s)


async def seconds_for(published):
    """How long so many steps take that each find so many rows."""
    stop, taken = asyncio.Event(), 0

    async def publish():
        nonlocal taken
        taken += 1
        await asyncio.sleep(0)
        if taken == STEPS:
            stop.set()
        return Step(published, is_held_back=False)

    relay = Relay(publish, nothing, nothing, nothing, nothing, Silence())
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(10):
        await relay.retry.for_ever(lambda: relay.publish_next(stop), stop)
    return asyncio.get_running_loop().time() - began


async def test_while_rows_come_thick_a_step_gathers_them():
    assert await seconds_for(GATHER_ROWS.start) >= (STEPS - 1) * GATHER_S


@pytest.mark.parametrize("published", [1, GATHER_ROWS.start - 1, GATHER_ROWS.stop])
async def test_a_lone_row_and_a_full_step_are_followed_at_once(published):
    assert await seconds_for(published) < (STEPS - 1) * GATHER_S
