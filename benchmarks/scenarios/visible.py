"""From recording an entry until a reader sees it in its day."""

import asyncio
import itertools
from array import array
from collections.abc import Iterator
from datetime import datetime

import orjson
from fluxo_cli.load.connection import Exchange
from fluxo_cli.load.measured import Measured, percentile
from fluxo_cli.load.pacing import open_loop, run_precisely
from fluxo_cli.load.pool import Pool

from benchmarks.cost import cost_of
from benchmarks.entries import entry_requests
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Figures, Round, Scenario, Target, on_one_system
from benchmarks.system import System
from benchmarks.wrk import business_today

RATE_PER_S = 500
CONNECTIONS = 32
OBSERVED_EVERY = 5
MERCHANT = "visible"


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    seconds = bench.pace.seconds
    requests = entry_requests(system, MERCHANT)
    run_precisely(_observe(system, requests, 1.0))
    for _ in bench.rounds():
        until_quiet(system)
        with cost_of(system) as cost:
            writes, reads, visible_s = run_precisely(_observe(system, requests, seconds))
        found = sorted(visible_s)
        write_p50, write_p99 = writes.percentiles_ms(50, 99)
        yield Round(
            {
                "visible_p50_ms": percentile(found, 50) * 1e3,
                "visible_p99_ms": percentile(found, 99) * 1e3,
                "write_p50_ms": write_p50,
                "write_p99_ms": write_p99,
                "driver_late_p99_ms": writes.late_p99_ms,
                "observed_entries": len(found),
                "cores_busy_percent": cost.busy_percent(writes.seconds),
                "errors": writes.errors + reads.errors,
            },
            {"entry, with the reads of every fifth": cost.us_per(writes.requests)},
        )


async def _observe(
    system: System, requests: Iterator[bytes], seconds: float
) -> tuple[Measured, Measured, "array[float]"]:
    """Write at a constant rate; follow every fifth entry by a read that waits for it."""
    loop, target, token = asyncio.get_running_loop(), system.balances, system.token(MERCHANT)
    path = f"/v1/daily-balances/{business_today()}?after_entry="
    numbers, followed = itertools.count(), list[tuple[float, asyncio.Future[Exchange]]]()
    wall_offset_s = _wall_clock() - loop.time()
    async with Pool(system.entries, CONNECTIONS) as writers, Pool(system.balances, CONNECTIONS) as readers:

        def follow(written: Exchange) -> None:
            if next(numbers) % OBSERVED_EVERY == 0 and written.status == 201:
                entry = orjson.loads(written.body)
                read: asyncio.Future[Exchange] = loop.create_future()
                readers.submit(target.get(path + entry["id"], token), read.set_result)
                followed.append((datetime.fromisoformat(entry["recorded_at"]).timestamp(), read))

        writes = await open_loop(writers, requests, RATE_PER_S, seconds, follow)
        reads, visible_s = Measured(), array("d")
        for recorded_at, future in followed:
            read = await future
            reads.add(read)
            if read.status == 200:
                visible_s.append(read.answered + wall_offset_s - recorded_at)
    return writes, reads, visible_s


def _wall_clock() -> float:
    return datetime.now().astimezone().timestamp()


def _reading(medians: Figures) -> str:
    busy = medians["cores_busy_percent"]
    return (
        f"The system kept the cores {busy:.0f} % busy, beside the driver. An entry wakes the API, PostgreSQL twice, "
        "the relay, the streams server, the projector, PostgreSQL again and the reader's API, each for a fraction of "
        "a millisecond; what is more than the sum of these is waiting for a core. So more cores shorten it, and "
        "larger batches would not: they save work and add waiting. To go further on as many cores, each of these "
        "wake-ups would have to cost less, or the relay and the projector be one process."
    )


SCENARIO = Scenario(
    name="visible",
    title="From recorded to visible, at 500 writes a second",
    method=(
        "Open loop, 500 entries a second. The answer to every fifth is followed at once by a read of its day with "
        "`after_entry`. The time runs from the entry's own `recorded_at` to the instant at which a client holds a "
        "balance that contains it: commit, answer, relay, projection and the read itself included."
    ),
    measure=measure,
    reading=_reading,
    targets=(
        Target("visible_p50_ms", at_most=2.5),
        Target("visible_p99_ms", at_most=50),
        Target("errors", at_most=0),
    ),
)
