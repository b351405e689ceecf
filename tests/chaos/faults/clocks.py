"""Clocks that are put forward and back by hours while everything runs, also over midnight."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from clocks import SERVERS, SERVICES, STEPS_WITHIN_S
from system import System
from topologies import Topology

from faults.fault import Fault, MissedError

OFFSET_MAX: Final = timedelta(hours=20)
"""Further back, the newest day that merchants write to would not have begun in their time zone."""
BEFORE_MIDNIGHT: Final = timedelta(seconds=STEPS_WITHIN_S + 1)
MIDNIGHTS_UTC: Final = (0, 3)
"""The hours at which the outbox's days end, and those of merchants in America/Sao_Paulo."""

MACHINES: Final = {
    "entries": SERVICES[:2],
    "balances": SERVICES[2:],
    **{server.removeprefix("valkey-"): (server,) for server in SERVERS},
    "everywhere": SERVICES + SERVERS,
}


async def step_clock(processes: Sequence[str], system: System, hold_s: float, rng: Random) -> None:
    """Step to one side, then to the other, then back to where it should be."""
    clocks = system.clocks
    assert clocks is not None
    if clocks.obstacle:
        raise MissedError(clocks.obstacle)
    offsets = [_offset(rng, sign) for sign in rng.sample((-1, 1), 2)]
    try:
        for offset in offsets:
            for process in processes:
                clocks.step(process, round(offset.total_seconds()))
            await asyncio.sleep(2 * STEPS_WITHIN_S + hold_s / 2)
    finally:
        for process in processes:
            clocks.step(process, 0)
        await asyncio.sleep(STEPS_WITHIN_S)


def _offset(rng: Random, sign: int) -> timedelta:
    """Return an offset from a minute to OFFSET_MAX; every second one lets the clock show a midnight just afterwards."""
    drawn = sign * timedelta(seconds=rng.uniform(60, OFFSET_MAX.total_seconds()))
    if rng.random() < 0.5:
        return drawn
    now = datetime.now(UTC)
    midnight = now.replace(hour=rng.choice(MIDNIGHTS_UTC), minute=0, second=0, microsecond=0) - BEFORE_MIDNIGHT
    candidates = (midnight + timedelta(days=days) - now for days in (-1, 0, 1))
    return next((each for each in candidates if timedelta(0) < sign * each <= OFFSET_MAX), drawn)


CLOCK_FAULTS: Final = tuple(
    Fault(f"step-clock-{name}", "clock stepped", partial(step_clock, processes), {Topology.RIGGED})
    for name, processes in MACHINES.items()
)
