"""Every fault alone first, then two and three at once, on each topology, until time is over."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from clocks import Clocks
from disks import Disks
from faults.fault import Fault
from rounds import Match, Round
from servers import OwnServers
from system import System
from topologies import Topology
from watched_servers import WatchedServers

from tests.harness.ports import free_port_base

ROUNDS_PER_STAY: Final = 6
"""Rounds of several faults on one topology before the other gets its turn."""
PORTS_TAKEN: Final = (1, 2, 3, 4, 5, 11, 31, *range(60, 68), *range(80, 88), *range(91, 100))


def plan(
    faults: Sequence[Fault], seed: int, topologies: Sequence[Topology], *, together: bool = False
) -> Iterator[Round]:
    """Yield the same rounds for the same arguments; `together` leaves out those with one fault."""
    rng = Random(seed)
    number = 0
    for topology in () if together else topologies:
        alone = [fault for fault in faults if fault.home_among(topologies) is topology]
        rng.shuffle(alone)
        for fault in alone:
            number += 1
            yield Round(number, seed, topology, (fault,))
    while True:
        for topology in topologies:
            possible = [fault for fault in faults if topology in fault.topologies]
            for _ in range(ROUNDS_PER_STAY if possible else 0):
                number += 1
                chosen = rng.sample(possible, min(rng.choice((2, 2, 3)), len(possible)))
                yield Round(number, seed, topology, tuple(chosen))


class Campaign:
    """Plays rounds; keeps those that were played. `data_dir` gets a directory for each topology; `disks` are in one."""

    def __init__(self, data_dir: Path, hold_max_s: float, disks: Disks, port_base: int | None = None) -> None:
        self.played: list[Round] = []
        self._data_dir = data_dir
        self._hold_max_s = hold_max_s
        self._disks = disks
        self._port_base = port_base
        self._topology: Topology | None = None
        self._system: System | None = None

    async def run(self, rounds: Iterator[Round], until: float) -> None:
        """Play until the instant of the monotonic clock; the last of `played` is the round that failed, if one did."""
        try:
            for each in rounds:
                if time.monotonic() >= until:
                    return
                self.played.append(each)
                await self._play(each)
        finally:
            await self._leave()

    async def _play(self, each: Round) -> None:
        if self._system is None or self._topology is not each.topology:
            await self._leave()
            self._system, self._topology = self._enter(each.topology), each.topology
            await self._system.start()
        match = Match(each, self._system, self._hold_max_s)
        try:
            await match.play()
        finally:
            await match.close()
        print(  # noqa: T201 - whoever waits wants to see it go on
            f"{each.number:4}  {each.name:60}  visible {each.visible_s:5.1f} s  whole {each.whole_s:5.1f} s  "
            f"{each.acknowledged:5} acknowledged, {each.unknown} unknown until asked again"
            + "".join(f"\n      {name} missed: {why}" for name, why in each.missed.items()),
            flush=True,
        )

    def _enter(self, topology: Topology) -> System:
        port_base = self._port_base or free_port_base(PORTS_TAKEN)
        data_dir = self._data_dir / topology.value
        data_dir.mkdir(exist_ok=True, mode=0o700)
        match topology:
            case Topology.EMBEDDED:
                return System(data_dir, port_base)
            case Topology.PROXIED:
                return System(data_dir, port_base, OwnServers(data_dir, port_base))
            case Topology.RIGGED:
                return System(data_dir, port_base, disks=self._disks, clocks=Clocks(data_dir))
            case Topology.SENTINEL:
                return System(data_dir, port_base, WatchedServers(data_dir, port_base))

    async def _leave(self) -> None:
        if self._system is not None:
            await self._system.close()
            self._system = None
