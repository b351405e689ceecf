"""Merchants at work: one with several writers at once, others with one each, and readers of all of them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from arithmetic import day_errors, range_errors
from ledger import Json
from merchant import Merchant
from orders import DAYS_BACK, Orders, newest_day

HOT_WRITERS: Final = 4
WRITE_PAUSE_S: Final = 0.04
READ_PAUSE_S: Final = 0.05
PATIENCES_S: Final = (0.0, 1.0, 60.0, 60.0)
"""How long a writer repeats an order without answer; one that gives up leaves its outcome unknown."""


class Traffic:
    """Runs from `start` to `stop`. The first merchant is the hot one."""

    def __init__(self, merchants: Sequence[Merchant], rng: Random) -> None:
        self._merchants = merchants
        self._rng = rng
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for number, merchant in enumerate(self._merchants):
            for writer in range(HOT_WRITERS if number == 0 else 1):
                name = f"{merchant.merchant_id}-w{writer}"
                self._tasks.append(asyncio.create_task(self._write(merchant, name, Random(self._rng.random()))))
            self._tasks.append(asyncio.create_task(self._read(merchant, Random(self._rng.random()))))

    async def stop(self) -> None:
        """Return when every client has got its answer or given up; what a client tripped over is raised."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _write(self, merchant: Merchant, writer: str, rng: Random) -> None:
        for order in Orders(writer, merchant.ledger, rng):
            if self._stop.is_set():
                return
            await merchant.send(order, rng.choice(PATIENCES_S))
            await asyncio.sleep(rng.expovariate(1 / WRITE_PAUSE_S))

    async def _read(self, merchant: Merchant, rng: Random) -> None:
        looks = (self._day, self._range, self._own_write, self._conditional)
        while not self._stop.is_set():
            merchant.ledger.complaints += await rng.choice(looks)(merchant, rng)
            await asyncio.sleep(rng.expovariate(1 / READ_PAUSE_S))

    async def _day(self, merchant: Merchant, rng: Random) -> list[str]:
        answer = await merchant.balance(_some_day(rng))
        return [] if answer is None else day_errors(answer.json())

    async def _range(self, merchant: Merchant, rng: Random) -> list[str]:
        first, last = sorted((_some_day(rng), _some_day(rng)))
        answer = await merchant.balance(**{"from": first, "to": last})
        return [] if answer is None else range_errors(answer.json())

    async def _own_write(self, merchant: Merchant, rng: Random) -> list[str]:
        """Read an own write: an answer after an entry is at least as new as the entry."""
        if not merchant.ledger.acknowledged:
            return []
        entry = rng.choice(list(merchant.ledger.acknowledged.values())[-20:])
        answer = await merchant.balance(entry["business_date"], after_entry=entry["id"])
        return [] if answer is None else day_errors(answer.json()) + _missing(entry, answer.json())

    async def _conditional(self, merchant: Merchant, rng: Random) -> list[str]:
        """Ask for a day twice: what is answered the second time is new, or said to be unchanged."""
        day = _some_day(rng)
        first = await merchant.balance(day)
        if first is None:
            return []
        second = await merchant.balance(day, etag=first.headers["ETag"])
        if second is None or second.status_code == 304:
            return []
        unchanged = [f"{day} was sent again unchanged"] if second.content == first.content else []
        return day_errors(second.json()) + unchanged


def _missing(entry: Json, day: Json) -> list[str]:
    if day["as_of"] is not None and day["as_of"] >= entry["recorded_at"] and day["entry_count"] > 0:
        return []
    return [f"the answer after entry {entry['id']} of {entry['recorded_at']} does not hold it: {day}"]


def _some_day(rng: Random) -> str:
    back = 0 if rng.random() < 0.5 else rng.randint(0, DAYS_BACK)
    return (newest_day() - timedelta(days=back)).isoformat()
