"""One caller who records one entry after another."""

import itertools
from collections.abc import Iterator

from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import closed_loop, for_seconds, run_precisely
from fluxo_cli.load.pool import Pool

from benchmarks.bound_database import BoundDatabase
from benchmarks.entries import entry_requests
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.system import System
from benchmarks.tools import PGBENCH


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    seconds = bench.pace.seconds
    requests = entry_requests(system, "lone-write")
    run_precisely(_write(system, itertools.islice(requests, 20), 0.5))
    bound = BoundDatabase(system)
    bound.pgbench(1, 1)
    for _ in bench.rounds():
        until_quiet(system)
        measured = run_precisely(_write(system, requests, seconds / 2))
        bound_ms = bound.pgbench(1, seconds / 2).mean_ms
        p50, p99 = measured.percentiles_ms(50, 99)
        yield Round(
            {
                "p50_ms": p50,
                "p99_ms": p99,
                "pgbench_mean_ms": bound_ms,
                "ratio_of_p50_to_pgbench": p50 / bound_ms,
                "errors": measured.errors,
            }
        )


async def _write(system: System, requests: Iterator[bytes], seconds: float) -> Measured:
    async with Pool(system.entries, 1) as pool:
        return await closed_loop(pool, requests, 1, for_seconds(seconds))


SCENARIO = Scenario(
    name="lone-write",
    title="A lone POST /v1/entries",
    method=(
        "One connection records one entry after another, nobody else does anything. Beside it one pgbench client "
        "with the same statement: what the database itself takes, commit to disk included."
    ),
    measure=measure,
    targets=(Target("p50_ms", at_most=1), Target("errors", at_most=0)),
    needs=(PGBENCH,),
)
