"""Fluxo itself: `fluxo up`, everything on."""

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import orjson

from benchmarks.entries import entry
from benchmarks.machine import commit
from benchmarks.peers.peer import BACK_DATED_DAYS, HISTORY_DAYS, SPREAD, Answers, Peer
from benchmarks.quiet import until_quiet
from benchmarks.scenarios.uncached_day import unread_days
from benchmarks.seeding import seed_history
from benchmarks.system import System
from benchmarks.tools import SystemFailedError
from benchmarks.wrk import MARK, business_today, send

_MERCHANT: Final = "history"
_DAYS_A_SECOND: Final = 8_000
"""More than are read: a day that was read before is one that a cache holds."""


@contextmanager
def fluxo(system: System, entries: int, seconds: float) -> Iterator[Peer]:
    """`seconds` is how long days are read that no cache holds, in all rounds together."""
    a_day = math.ceil(entries / HISTORY_DAYS)
    merchants = [f"uncached-{number}" for number in range(math.ceil(_DAYS_A_SECOND * seconds / HISTORY_DAYS))]
    many = [f"many-{number}" for number in range(SPREAD)]
    seed_history(system, [_MERCHANT], years=1, entries_a_day=a_day)
    seed_history(system, [*merchants, *many], years=1, entries_a_day=1)
    today, unread = business_today(), unread_days(system, merchants)

    def post(merchant: str, days_back: int = 0) -> bytes:
        body = orjson.dumps(entry(today - timedelta(days=days_back)))
        return system.entries.post("/v1/entries", system.token(merchant), body, MARK)

    def day(*, connections: int, seconds: float) -> Answers:
        requests = list(itertools.islice(unread, round(_DAYS_A_SECOND * seconds)))
        found = send(system.balances_url, requests, connections=connections, seconds=seconds)
        if found.requests > len(requests):
            raise SystemFailedError(f"{found.requests} days were read of the {len(requests)} that no cache holds")
        return found

    one_day = system.balances.get(f"/v1/daily-balances/{today}", system.token(_MERCHANT))
    yield Peer(
        name="Fluxo",
        version=commit(),
        differs=(
            "Single entry: a credit or a debit of one merchant, and no second account. Tokens are checked, a repeated "
            "key is answered again, and relay and projector carry each entry on to the balances meanwhile, where it "
            "shows some milliseconds later."
        ),
        entries=a_day * HISTORY_DAYS,
        asks={
            "entry": partial(send, system.entries_url, [post(_MERCHANT)]),
            "entry of one of many": partial(send, system.entries_url, [post(merchant) for merchant in many]),
            "day": day,
            "kept balance": partial(send, system.balances_url, [one_day]),
            "back-dated entry": partial(send, system.entries_url, [post(_MERCHANT, BACK_DATED_DAYS)]),
        },
        settle=partial(until_quiet, system),
    )
