"""What the network does between the services and their servers."""

import asyncio
from functools import partial
from random import Random
from typing import Final

from servers import LINKS, OwnServers
from system import System
from topologies import Topology

from faults.fault import Fault
from tests.harness.proxy import Weather

DELAYS_S: Final = (0.01, 0.5)
KINDS: Final = {
    "cut": ("connection cut", Weather.CUT),
    "delay": ("connection slow", Weather.SLOW),
    "half-open": ("connection half open", Weather.SILENT),
    "lose-answers": ("answers lost", Weather.ANSWERS_LOST),
}


async def disturb(link: str, weather: Weather, system: System, hold_s: float, rng: Random) -> None:
    assert isinstance(system.servers, OwnServers)
    proxy = system.servers.proxies[link]
    proxy.change(weather, delay_s=rng.uniform(*DELAYS_S))
    try:
        await asyncio.sleep(hold_s)
    finally:
        proxy.clear()


NETWORK_FAULTS: Final = tuple(
    Fault(f"{name}-{link}", kind, partial(disturb, link, weather), {Topology.PROXIED})
    for name, (kind, weather) in KINDS.items()
    for link in LINKS
)
