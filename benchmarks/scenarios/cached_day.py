"""The hot read: one API process pinned to one core, against nginx with the same bytes on that core."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fluxo_cli.load.connection import Exchange
from fluxo_cli.load.pacing import closed_loop
from fluxo_cli.load.pool import Pool

from benchmarks import bounds, wrk
from benchmarks.cost import cost_of
from benchmarks.machine import cores
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.seeding import seed_history
from benchmarks.system import System
from benchmarks.tools import NGINX, WRK, SystemFailedError

CONNECTIONS = 32
MERCHANT = "cached-day"


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    seconds = bench.pace.seconds
    if len(cores()) < 2:
        raise SystemFailedError("it takes two cores: one for the server, one for the load")
    served, loading = cores()[:2]
    day = wrk.business_today()
    seed_history(system, [MERCHANT], years=1, entries_a_day=3)
    token, path = system.token(MERCHANT), f"/v1/daily-balances/{day}"
    url = f"{system.balances_url}{path}"
    body = asyncio.run(body_of(system, path, token))
    pin(system.pids()["balances-api-1"], {served})
    try:
        with bounds.static_server(system.port_base + 90, body, served) as static:
            for each in (url, static):
                wrk.get(each, connections=CONNECTIONS, seconds=1, token=token, cpu=loading)
            for _ in bench.rounds():
                with cost_of(system) as cost:
                    ours = wrk.get(url, connections=CONNECTIONS, seconds=seconds, token=token, cpu=loading)
                bound = wrk.get(static, connections=CONNECTIONS, seconds=seconds, token=token, cpu=loading)
                yield Round(
                    {
                        "ratio_to_nginx": ours.per_s / bound.per_s,
                        "reads_per_s": ours.per_s,
                        "nginx_per_s": bound.per_s,
                        "p50_ms": ours.p50_ms,
                        "p99_ms": ours.p99_ms,
                        "body_bytes": len(body),
                        "errors": ours.errors,
                    },
                    {"cached read": cost.us_per(ours.requests)},
                )
    finally:
        pin(system.pids()["balances-api-1"], set(cores()))


def pin(pid: int, to: set[int]) -> None:
    """Let all threads of a process run on these cores only."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), to)


async def body_of(system: System, path: str, token: str) -> bytes:
    seen: list[Exchange] = []
    async with Pool(system.balances, 1) as pool:
        request = iter([system.balances.get(path, token)])
        await closed_loop(pool, request, 1, seen=seen.append)
    if seen[0].status != 200:
        raise SystemFailedError(f"{path} answered {seen[0].status}: {seen[0].body.decode(errors='replace')}")
    return seen[0].body


SCENARIO = Scenario(
    name="cached-day",
    title="A cached day, one API process on one core, 32 connections",
    method=(
        "wrk on the second core asks one balances API process, pinned to the first core, for the same day of one "
        "merchant with an RS256 token; then nginx (one worker, same core) for a static body of the same size. Logs, "
        "metrics and authentication are on, the other processes idle."
    ),
    measure=measure,
    targets=(Target("ratio_to_nginx", at_least=0.6), Target("errors", at_most=0)),
    needs=(WRK, NGINX),
)
