"""Disks that have no byte left, until somebody makes room."""

import asyncio
import time
from functools import partial
from random import Random
from typing import Final

from disks import SERVERS
from system import System
from topologies import Topology

from faults.fault import Fault, MissedError

FILLED_EVERY_S: Final = 0.1


async def fill_disk(server: str, system: System, hold_s: float, _rng: Random) -> None:
    """Keep it full: what the server deletes makes no room."""
    disks = system.disks
    assert disks is not None
    if disks.obstacle:
        raise MissedError(disks.obstacle)
    until = time.monotonic() + hold_s
    try:
        while time.monotonic() < until:
            disks.fill(server)
            await asyncio.sleep(FILLED_EVERY_S)
    finally:
        disks.make_room(server)


DISK_FAULTS: Final = tuple(
    Fault(f"fill-disk-{server.removeprefix('valkey-')}", "disk full", partial(fill_disk, server), {Topology.RIGGED})
    for server in SERVERS
)
