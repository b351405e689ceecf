"""One round: traffic, faults, healing, and the check that nothing was lost and nothing counts twice."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import asyncpg
from checks import balance_errors, entry_errors
from faults.fault import Fault, MissedError
from faults.redis_access import server
from fluxo_contracts.streams import ENTRIES_DEAD_LETTERS_STREAM
from merchant import Merchant
from orders import Orders
from redis.exceptions import RedisError
from system import System
from topologies import Topology
from traffic import Traffic

CALM_S: Final = 1.0
SPREAD_S: Final = 3.0
"""The faults of a round begin within so many seconds."""
VISIBLE_WITHIN_S: Final = 60.0
WHOLE_WITHIN_S: Final = 120.0
_POLL_S: Final = 0.2


class PromiseBrokenError(Exception):
    """What was promised is not so; `differences` say what."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("\n".join(differences))
        self.differences = differences


@dataclass(slots=True)
class Round:
    """What was done and how it went. `visible_s` and `whole_s` count from the end of the last fault.

    `missed` says why, by name, of the faults that could not be injected.
    """

    number: int
    seed: int
    topology: Topology
    faults: Sequence[Fault]
    history: list[str] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)
    visible_s: float = 0.0
    whole_s: float = 0.0
    acknowledged: int = 0
    unknown: int = 0

    @property
    def name(self) -> str:
        return " + ".join(fault.name for fault in self.faults)


class Match:
    """Plays a round on a running system. `hold_max_s` bounds what a fault can hold: a pause, a silence."""

    def __init__(self, round_: Round, system: System, hold_max_s: float) -> None:
        self._round = round_
        self._system = system
        self._hold_max_s = hold_max_s
        self._rng = Random(round_.seed)
        self._began = time.monotonic()
        self._merchants = [self._merchant(name) for name in ("hot", "quiet", "small", "probe")]
        system.ledgers = [merchant.ledger for merchant in self._merchants]

    async def play(self) -> None:
        """Raises PromiseBrokenError or SystemBrokenError."""
        traffic = Traffic(self._merchants[:-1], Random(self._rng.random()))
        traffic.start()
        try:
            await asyncio.sleep(CALM_S)
            await self._inject_all()
            over = time.monotonic()
            await self._see_fresh_write()
            self._round.visible_s = time.monotonic() - over
            await asyncio.sleep(CALM_S)
        finally:
            await traffic.stop()
        await self._system.until(self._system.is_ready, VISIBLE_WITHIN_S, "every process is ready again")
        await self._check_entries()
        await self._check_balances()
        self._round.whole_s = time.monotonic() - over
        await self._check_system()

    async def close(self) -> None:
        for merchant in self._merchants:
            await merchant.close()

    def _merchant(self, name: str) -> Merchant:
        merchant_id = f"{name}-{self._round.seed}-{self._round.number}"
        token = self._system.token(merchant_id)
        urls = {"entries": self._system.entries_url, "balances": self._system.balances_url}
        return Merchant(merchant_id, token, urls, Random(self._rng.random()))

    async def _inject_all(self) -> None:
        """Let the faults begin one after another, or together, and return when the last one is over."""
        begins = sorted(self._rng.uniform(0, SPREAD_S) for _ in self._round.faults[1:])
        injections = [
            self._inject(fault, begin_s, self._rng.uniform(0.5, self._hold_max_s), Random(self._rng.random()))
            for fault, begin_s in zip(self._round.faults, (0.0, *begins), strict=True)
        ]
        # All come to their end, so that nothing stays stopped or cut, whatever one of them runs into.
        for error in await asyncio.gather(*injections, return_exceptions=True):
            if error is not None:
                raise error

    async def _inject(self, fault: Fault, begin_s: float, hold_s: float, rng: Random) -> None:
        await asyncio.sleep(begin_s)
        self._tell(f"{fault.name} begins, to hold {hold_s:.1f} s")
        try:
            await fault.inject(self._system, hold_s, rng)
        except (MissedError, OSError, RedisError, asyncpg.PostgresError) as error:
            # Another fault was in its way.
            self._round.missed[fault.name] = str(error) or type(error).__name__
            self._tell(f"{fault.name} missed: {type(error).__name__} {error}")
        else:
            self._tell(f"{fault.name} is over")

    def _tell(self, what: str) -> None:
        self._round.history.append(f"{time.monotonic() - self._began:7.2f} s  {what}")

    async def _see_fresh_write(self) -> None:
        probe = self._merchants[-1]
        order = Orders(probe.merchant_id, probe.ledger, self._rng).one()
        deadline = time.monotonic() + VISIBLE_WITHIN_S
        if not await probe.send(order, VISIBLE_WITHIN_S):
            raise PromiseBrokenError([f"no write was acknowledged within {VISIBLE_WITHIN_S:g} s"])
        entry = probe.ledger.acknowledged[order.drafts[0].key]
        while (answer := await probe.balance(entry["business_date"], after_entry=entry["id"])) is None:
            if time.monotonic() > deadline:
                raise PromiseBrokenError([f"a fresh write was not visible within {VISIBLE_WITHIN_S:g} s: {entry}"])
            await asyncio.sleep(_POLL_S)
        self._tell(f"a fresh write is visible: {answer.json()['as_of']}")

    async def _check_entries(self) -> None:
        ledgers = [merchant.ledger for merchant in self._merchants]
        self._round.unknown = sum(len(ledger.unknown) for ledger in ledgers)
        differences = [error for merchant in self._merchants for error in await entry_errors(merchant)]
        differences += [complaint for ledger in ledgers for complaint in ledger.complaints]
        self._round.acknowledged = sum(len(ledger.acknowledged) for ledger in ledgers)
        if differences:
            raise PromiseBrokenError(differences)

    async def _check_balances(self) -> None:
        deadline = time.monotonic() + WHOLE_WITHIN_S
        while differences := [error for merchant in self._merchants for error in await balance_errors(merchant)]:
            if time.monotonic() > deadline:
                raise PromiseBrokenError(differences)
            await asyncio.sleep(_POLL_S)

    async def _check_system(self) -> None:
        """Let `fluxo verify` and `fluxo status` have their say, and look for letters that nobody should have buried."""
        differences = []
        for command in ("verify", "status"):
            status, printed = await self._agreed(command)
            if status != 0:
                differences.append(f"fluxo {command} ended with {status}:\n{printed}")
        async with server(self._system, "valkey-streams") as streams:
            if letters := await streams.xrange(ENTRIES_DEAD_LETTERS_STREAM, count=5):
                differences.append(f"dead letters: {letters}")
        differences += [complaint for merchant in self._merchants for complaint in merchant.ledger.complaints]
        if differences:
            raise PromiseBrokenError(differences)

    async def _agreed(self, command: str) -> tuple[int, str]:
        """Run a command until it ends with 0: a server that hangs unnoticed may only just be found out and replaced."""
        deadline = time.monotonic() + VISIBLE_WITHIN_S
        while True:
            status, printed = await self._system.cli(command)
            if status == 0 or time.monotonic() > deadline:
                return status, printed
            await asyncio.sleep(_POLL_S)
