"""Many merchants who write and read at the same time, at constant rates."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final
from uuid import uuid4

import orjson
from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import open_loop, with_ticks
from fluxo_cli.load.pool import Pool

from benchmarks.entries import entry
from benchmarks.seeding import DAYS_A_YEAR, seed_history
from benchmarks.system import System
from benchmarks.wrk import business_today

WRITES_PER_S: Final = 200
MERCHANTS: Final = 50
_CONNECTIONS: Final = 64
_TICK_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Mixed:
    reads: Measured
    writes: Measured

    @property
    def failed_percent(self) -> float:
        return (self.reads.errors + self.writes.errors) / (self.reads.requests + self.writes.requests) * 100

    def failures(self) -> dict[str, float]:
        """Return how many reads and writes failed by their status, 0 for no answer, as figures."""
        return {
            f"failed_{what}_with_status_{status}": count
            for what, measured in (("reads", self.reads), ("writes", self.writes))
            for status, count in sorted(measured.bad_statuses().items())
        }


class Merchants:
    """50 merchants with a year behind them. Every second read is of today, the others of any day of that year."""

    def __init__(self, system: System, seed: int = 20_261) -> None:
        names = [f"mixed-{number}" for number in range(MERCHANTS)]
        seed_history(system, names, years=1, entries_a_day=3)
        self._system = system
        self._tokens = [system.token(name) for name in names]
        self._rng = Random(seed)

    async def run(
        self,
        reads_per_s: float,
        seconds: float,
        tick: Callable[[float], None] = lambda _: None,
        kills: Mapping[float, int] | None = None,
    ) -> Mixed:
        """Read and write for so long; `tick` is called now and then with the seconds gone by.

        `kills` are processes that get SIGKILL when so many seconds have gone by.
        """
        for after_s, pid in (kills or {}).items():
            asyncio.get_running_loop().call_later(after_s, os.kill, pid, signal.SIGKILL)
        async with (
            Pool(self._system.balances, _CONNECTIONS) as readers,
            Pool(self._system.entries, _CONNECTIONS) as writers,
        ):
            both = asyncio.gather(
                open_loop(readers, self._reads(), reads_per_s, seconds),
                open_loop(writers, self._writes(), WRITES_PER_S, seconds),
            )
            reads, writes = await with_ticks(both, tick, _TICK_S)
        return Mixed(reads, writes)

    def _reads(self) -> Iterator[bytes]:
        today, target, rng = business_today(), self._system.balances, self._rng
        while True:
            day = today - timedelta(days=rng.choice((0, rng.randrange(DAYS_A_YEAR))))
            yield target.get(f"/v1/daily-balances/{day}", rng.choice(self._tokens))

    def _writes(self) -> Iterator[bytes]:
        body, run, target = orjson.dumps(entry(business_today())), uuid4(), self._system.entries
        for number in itertools.count(1):
            yield target.post("/v1/entries", self._rng.choice(self._tokens), body, f"{run}-{number}")
