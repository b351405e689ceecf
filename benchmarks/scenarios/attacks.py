"""What each process keeps in memory while one client tries all that could stop the services for others."""

import asyncio
from collections.abc import Iterator

from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.system import System
from tests.harness.attacks import Attack, pids_of


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    pids = pids_of(system)
    for _ in bench.rounds():
        until_quiet(system)
        seen = asyncio.run(Attack(system, 1.0).run())
        peaks = {f"rss_of_{name.replace('-', '_')}_mb": megabytes for name, megabytes in seen.peak_mb.items()}
        yield Round(
            {
                "largest_rss_mb": max(peaks.values()),
                "processes_started_again": sum(pids_of(system).get(name) != pid for name, pid in pids.items()),
                "writes_of_a_neighbour": len(seen.statuses),
                "errors": sum(status != 201 for status in seen.statuses),
                **peaks,
            }
        )


SCENARIO = Scenario(
    name="attacks",
    title="All that one client may try, at once",
    method=(
        "For ten seconds: 30 bodies of 8 MB without a token, 10 heads that never end, 30 connections "
        "with 40,000 requests each, 10 bodies in chunks of single bytes, 900 connections that say "
        "nothing, half a line or half a head, 30 slow bodies, a bulk of 700,000 fields and one of 7,000 odd items, 64 "
        "bulks of 5,000 entries, 32 readers of a search, 64 strangers with a forged token, and 1,100 readers who wait "
        "for what never comes. Meanwhile a neighbour records ten entries a second. Memory is resident memory, looked "
        "at every 50 ms."
    ),
    measure=measure,
    targets=(
        Target("largest_rss_mb", at_most=150),
        Target("processes_started_again", at_most=0),
        Target("errors", at_most=0),
    ),
    is_quick=False,
)
