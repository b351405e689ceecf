"""What a merchant notices of another one's crowd: slow searches, readers who wait for nothing, bulks, strangers."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import orjson
from fluxo_cli.load.connection import Exchange
from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import closed_loop, open_loop, run_precisely
from fluxo_cli.load.pool import Pool
from uuid_utils.compat import uuid7

from benchmarks import crowd, wrk
from benchmarks.crowd import BODY_BYTES, BULK_ENTRIES, CONNECTIONS
from benchmarks.entries import entry, entry_requests
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.sql import ask
from benchmarks.system import System
from benchmarks.tools import WRK
from benchmarks.wrk import business_today

WRITES_PER_S: Final = 30
SEARCHERS: Final = 32
WAITERS: Final = 1_100
RANGE_DAYS: Final = 3_600
WAL_SEGMENTS: Final = 40
SEARCHED_ENTRIES: Final = 20_000
NEWER_ENTRIES: Final = 100
CROWD: Final = "crowd"
LIMIT_PER_S: Final = "10000"
"""As compose and the chart set it."""

Attack = Callable[[System, str, float], Coroutine[Any, Any, asyncio.Task[Any]]]
"""Begins it, with a token of the crowd's and for so many seconds; the task ends with it."""


def measure(bench: Bench) -> Iterator[Round]:
    system = bench.start()
    system.settings["FLUXO_RATE_LIMIT_PER_S"] = LIMIT_PER_S
    with system:
        yield from _rounds(bench, system)


def _rounds(bench: Bench, system: System) -> Iterator[Round]:
    run_precisely(_seed(system))
    _have_run_for_long(system)
    run_precisely(_beside(system, None, 1.0))
    for _ in bench.rounds():
        figures: dict[str, float] = {}
        for name, attack in ATTACKS.items():
            until_quiet(system)
            # The kernel keeps what bulks wrote for half a minute, and writes it beside whoever commits then.
            os.sync()
            bench.say(name.replace("_", " "))
            found = run_precisely(_beside(system, attack, bench.pace.seconds))
            for kind, measured in zip(KINDS, found, strict=True):
                p50, p99 = measured.percentiles_ms(50, 99)
                figures[f"{kind}_{name}_p50_ms"], figures[f"{kind}_{name}_p99_ms"] = p50, p99
                if attack:
                    figures[f"ratio_of_{kind}_p99_{name}"] = p99 / figures[f"{kind}_alone_p99_ms"]
            figures[f"errors_{name}"] = sum(measured.errors for measured in found)
        yield Round(figures)


async def _beside(system: System, attack: Attack | None, seconds: float) -> tuple[Measured, Measured, Measured]:
    """Write, and read each entry by its id and its day with it, beside the attack; return what came of each kind."""
    token, entries, balances = system.token("neighbour"), system.entries, system.balances
    under_way = None
    if attack is not None:
        under_way = await attack(system, system.token(CROWD), seconds + 1)
        await asyncio.sleep(1)
    reads, days = list[asyncio.Future[Exchange]](), list[asyncio.Future[Exchange]]()
    loop = asyncio.get_running_loop()
    async with Pool(entries, CONNECTIONS) as to_entries, Pool(balances, CONNECTIONS) as to_balances:

        def read_own_write(written: Exchange) -> None:
            if written.status == 201:
                entry_id = orjson.loads(written.body)["id"]
                day = f"/v1/daily-balances/{business_today()}?after_entry={entry_id}"
                reads.append(loop.create_future())
                to_entries.submit(entries.get(f"/v1/entries/{entry_id}", token), reads[-1].set_result)
                days.append(loop.create_future())
                to_balances.submit(balances.get(day, token), days[-1].set_result)

        requests = entry_requests(system, "neighbour")
        writes = await open_loop(to_entries, requests, WRITES_PER_S, seconds, read_own_write)
        found = writes, await _measured(reads), await _measured(days)
    if under_way is not None:
        await under_way
    return found


async def _measured(exchanges: list[asyncio.Future[Exchange]]) -> Measured:
    measured = Measured()
    for exchange in exchanges:
        measured.add(await exchange)
    return measured


def _in_thread(call: Callable[..., object], *arguments: Any, **named: Any) -> asyncio.Task[Any]:
    return asyncio.create_task(asyncio.to_thread(call, *arguments, **named))


async def _search(system: System, token: str, seconds: float) -> asyncio.Task[Any]:
    url = f"{system.entries_url}/v1/entries?q=antigo&limit=1"
    return _in_thread(wrk.get, url, connections=SEARCHERS, seconds=seconds, token=token)


async def _wait_for_nothing(system: System, token: str, seconds: float) -> asyncio.Task[Any]:
    url = f"{system.balances_url}/v1/daily-balances/{business_today()}?after_entry={uuid7()}"
    return _in_thread(wrk.get, url, connections=WAITERS, seconds=seconds, token=token)


async def _knock(system: System, token: str, seconds: float) -> asyncio.Task[Any]:
    url = f"{system.entries_url}/v1/entries"
    return _in_thread(wrk.get, url, connections=CONNECTIONS, seconds=seconds, token=_forged(token))


async def _ask_for_what_is_not_there(system: System, _token: str, seconds: float) -> asyncio.Task[Any]:
    return _in_thread(wrk.get, f"{system.entries_url}/nothing", connections=CONNECTIONS, seconds=seconds)


async def _read_long_ranges(system: System, token: str, seconds: float) -> asyncio.Task[Any]:
    last = business_today()
    path = f"/v1/daily-balances?from={last - timedelta(days=RANGE_DAYS)}&to={last}"

    async def read() -> None:
        url = f"{system.balances_url}{path}"
        await _in_thread(wrk.get, url, connections=CONNECTIONS, seconds=seconds, token=token)
        # One more is answered after those that wait although their connections are gone.
        async with Pool(system.balances, 1) as pool:
            while (await pool.ask(system.balances.get(path, token))).status != HTTPStatus.OK:
                pass

    return asyncio.create_task(read())


async def _send_bulks(system: System, token: str, seconds: float) -> asyncio.Task[Any]:
    return await crowd.start("bulks", system.entries_url, token, seconds)


async def _pour_bodies(system: System, token: str, seconds: float) -> asyncio.Task[Any]:
    return await crowd.start("bodies", system.entries_url, _forged(token), seconds)


def _forged(token: str) -> str:
    return token[:-8] + "AAAAAAAA"


CROWDS: Final[dict[str, Attack]] = {
    "beside_searches": _search,
    "beside_waiters": _wait_for_nothing,
    "beside_bulks": _send_bulks,
    "beside_strangers": _knock,
    "beside_bodies": _pour_bodies,
    "beside_visitors": _ask_for_what_is_not_there,
    "beside_ranges": _read_long_ranges,
}
ATTACKS: Final[dict[str, Attack | None]] = {"alone": None, **CROWDS}
KINDS: Final = ("write", "read", "read_own_write")


async def _seed(system: System) -> None:
    """Record what the crowd searches for, and enough after it that it is not among the newest."""
    token, today = system.token(CROWD), business_today()
    old = entry(today - timedelta(days=30)) | {"description": "antigo " + "venda de balcao " * 10}
    bulks = [[old] * BULK_ENTRIES] * (SEARCHED_ENTRIES // BULK_ENTRIES) + [[entry(today)] * NEWER_ENTRIES]
    async with Pool(system.entries, 1, timeout_s=60) as pool:
        await closed_loop(pool, (_bulk(system, token, entries) for entries in bulks), 1)


def _have_run_for_long(system: System) -> None:
    """Give PostgreSQL files for its log to use again: a new server makes each as it goes, and all commits wait."""
    for _ in range(WAL_SEGMENTS):
        ask(system.admin_url, "SELECT pg_logical_emit_message(false, '', '')")
        ask(system.admin_url, "SELECT pg_switch_wal()")
    ask(system.admin_url, "CHECKPOINT")


def _bulk(system: System, token: str, entries: list[dict[str, str]]) -> bytes:
    run = uuid4()
    items = [each | {"idempotency_key": f"{run}-{number}"} for number, each in enumerate(entries)]
    return system.entries.post("/v1/entries/bulk", token, orjson.dumps({"mode": "atomic", "entries": items}))


SCENARIO = Scenario(
    name="noisy-neighbour",
    title="A merchant beside another one's crowd",
    method=(
        "One merchant records 30 entries a second and reads each by its id and in its day (`after_entry`): alone, then "
        f"beside another merchant's {SEARCHERS} readers of a slow search, its {WAITERS:,} readers who wait for what "
        f"never comes, its bulks of {BULK_ENTRIES:,} entries on {CONNECTIONS} connections, and {CONNECTIONS} "
        f"connections of somebody with a forged token, who asks, or sends bodies of {BODY_BYTES // 1_000_000} MB, or "
        "of somebody without one who asks for what is not there, and as many of another merchant's that read "
        f"{RANGE_DAYS:,} days. The crowd shares the machine with what it troubles. A "
        f"merchant may ask for {int(LIMIT_PER_S):,} a second, as in compose and the chart. What was written "
        "before is on the disk when each begins."
    ),
    measure=measure,
    needs=(WRK,),
    is_quick=False,
    targets=(
        *(Target(f"ratio_of_{kind}_p99_{name}", at_most=3) for name in CROWDS for kind in KINDS),
        *(Target(f"errors_{name}", at_most=0) for name in CROWDS),
    ),
)
