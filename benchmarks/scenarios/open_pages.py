"""What pages cost that are open and follow their merchants' changes, and how soon they are told of one."""

import asyncio
import itertools
import time
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import orjson
from fluxo_cli.load.measured import Measured, percentile
from fluxo_cli.load.pacing import open_loop, run_precisely
from fluxo_cli.load.pool import Pool

from benchmarks.cost import cost_of
from benchmarks.entries import entry_requests
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Figures, Round, Scenario, Target, on_one_system
from benchmarks.system import System

PAGES: Final = 200
IDLE_S: Final = 15.0
"""The interval of heartbeats: one for each page."""

RATE_PER_S: Final = 50
CHANGING_S: Final = 10.0
CONNECTIONS: Final = 8
_MERCHANTS: Final = [f"page-{number}" for number in range(PAGES)]
_DATA: Final = b"data: "


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    each = [entry_requests(system, merchant) for merchant in _MERCHANTS]
    entries = itertools.chain.from_iterable(zip(*each, strict=True))
    run_precisely(_changing(system, itertools.islice(entries, PAGES), PAGES / RATE_PER_S))
    for _ in bench.rounds():
        until_quiet(system)
        idle = run_precisely(_idle(system))
        writes, told_s = run_precisely(_changing(system, entries, CHANGING_S))
        found = sorted(told_s)
        yield Round(
            {
                "idle_core_percent": idle["balances-api"] / IDLE_S * 100,
                "idle_database_core_percent": idle["postgres (balances)"] / IDLE_S * 100,
                "told_p50_ms": percentile(found, 50) * 1e3,
                "told_p99_ms": percentile(found, 99) * 1e3,
                "changes_told": len(found),
                "errors": writes.errors,
            }
        )


async def _idle(system: System) -> dict[str, float]:
    """Return CPU seconds by role while all pages are open and nothing changes."""
    async with _open_pages(system, array("d")):
        with cost_of(system) as cost:
            await asyncio.sleep(IDLE_S)
    return cost.cpu_s


async def _changing(system: System, entries: Iterator[bytes], seconds: float) -> "tuple[Measured, array[float]]":
    """Record entries of one merchant after the other; return how long after its `recorded_at` each page was told."""
    told_s = array("d")
    async with _open_pages(system, told_s), Pool(system.entries, CONNECTIONS) as writers:
        del told_s[:]
        writes = await open_loop(writers, entries, RATE_PER_S, seconds)
        await asyncio.sleep(1)
    return writes, told_s


@asynccontextmanager
async def _open_pages(system: System, told_s: "array[float]") -> AsyncIterator[None]:
    """Keep all pages open, each of which has been told where its merchant stands."""
    opened = [await _open_page(system, merchant) for merchant in _MERCHANTS]
    for reader, _ in opened:
        await _told(reader)
    following = [asyncio.create_task(_follow(reader, told_s)) for reader, _ in opened]
    try:
        yield
    finally:
        for (_, writer), task in zip(opened, following, strict=True):
            task.cancel()
            writer.close()
        await asyncio.wait(following)


async def _open_page(system: System, merchant: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    target = system.balances
    reader, writer = await asyncio.open_connection(target.host, target.port)
    writer.write(target.get("/v1/daily-balances/changes", system.token(merchant)))
    return reader, writer


async def _follow(reader: asyncio.StreamReader, told_s: "array[float]") -> None:
    while True:
        recorded_at = await _told(reader)
        told_s.append(time.time() - datetime.fromisoformat(recorded_at).timestamp())


async def _told(reader: asyncio.StreamReader) -> str:
    """Return the `as_of` of the next change; the empty one where there is none."""
    while not (line := await reader.readline()).startswith(_DATA):
        if not line:
            raise ConnectionResetError("a stream of changes ended")
    return orjson.loads(line.removeprefix(_DATA))["as_of"] or ""


def _reading(medians: Figures) -> str:
    return (
        f"An idle page costs {medians['idle_core_percent'] / PAGES * 1e4:.0f} µs of CPU a second: a heartbeat every 15 "
        "seconds, and its part of one query. A change waits up to 50 ms for others that are told by the same query."
    )


SCENARIO = Scenario(
    name="open-pages",
    title="200 open pages that follow their merchants' changes",
    method=(
        "200 streams of `GET /v1/daily-balances/changes`, each of a merchant of its own, at one API process: first 15 "
        "seconds in which nothing changes, then 50 entries a second, of one merchant after the other, for ten seconds. "
        "A change is told when its page has the event; the time runs from the entry's `recorded_at`."
    ),
    measure=measure,
    reading=_reading,
    targets=(
        Target("idle_core_percent", at_most=5),
        Target("told_p99_ms", at_most=1_000),
        Target("errors", at_most=0),
    ),
    is_quick=False,
)
