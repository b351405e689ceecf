"""A second relay and a second projector, which work beside the first and then go, politely or not."""

import asyncio
import signal
from functools import partial
from random import Random
from typing import Final

from system import System
from topologies import Topology

from faults.fault import Fault

STARTS_S: Final = 2.0


async def second(service: str, role: str, system: System, hold_s: float, rng: Random) -> None:
    process = system.start_second(service, role)
    try:
        await asyncio.sleep(STARTS_S + hold_s)
        process.send_signal(rng.choice([signal.SIGTERM, signal.SIGKILL]))
        await asyncio.to_thread(process.wait, 30)
    finally:
        if process.poll() is None:
            process.kill()


INSTANCE_FAULTS: Final = (
    Fault("second-relay", "second instance", partial(second, "entries", "relay"), frozenset(Topology)),
    Fault("second-projector", "second instance", partial(second, "balances", "projector"), frozenset(Topology)),
)
