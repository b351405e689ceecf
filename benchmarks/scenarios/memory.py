"""What each process keeps in memory while a million entries go through it."""

import itertools
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from fluxo_cli.load.pacing import open_loop, run_precisely, with_ticks
from fluxo_cli.load.pool import Pool

from benchmarks import wrk
from benchmarks.cost import rss_mb
from benchmarks.quiet import published_events, streams, until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Series, Target
from benchmarks.system import System
from benchmarks.tools import WRK

CONNECTIONS = 64
MERCHANTS = 20
READS_PER_S = 100
SLICE_S = 10.0
SAMPLE_EVERY_S = 5.0
GIVE_UP_AFTER_S = 900.0
OURS = ("entries-api-1", "entries-relay-1", "balances-api-1", "balances-projector-1")
SETTLED_SHARE = 0.1
"""After this share of the entries a process has grown to its size; what comes after that should be flat."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Each process's memory in MB by how many entries had gone through."""

    pids: Mapping[str, int]
    points: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def sample(self, entries: int) -> None:
        for name, megabytes in rss_mb(self.pids).items():
            self.points.setdefault(name, []).append((entries, megabytes))


def measure(bench: Bench) -> Iterator[Round]:
    wanted = bench.pace.memory_entries
    with bench.start() as system:
        curves, recorded, number = Curves(system.pids()), 0, 0
        give_up_at = time.monotonic() + GIVE_UP_AFTER_S
        while recorded < wanted and time.monotonic() < give_up_at:
            number += 1
            bench.say(f"{recorded:,} of {wanted:,} entries")
            recorded += _slice(system, number, curves)
        until_quiet(system)
        with streams(system) as client:
            curves.sample(published_events(client))
    yield _round(curves, recorded)


def _slice(system: System, number: int, curves: Curves) -> int:
    """Write by wrk and read beside it for some seconds, looking at memory; returns entries recorded."""
    tokens = [system.token(f"memory-{merchant}") for merchant in range(MERCHANTS)]
    entries = wrk.Entries(tokens, f"slice-{number}")
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(wrk.record, system.entries_url, entries, connections=CONNECTIONS, seconds=SLICE_S)
        run_precisely(_read(system, tokens, curves))
        result = writing.result()
    return result.requests - result.errors


async def _read(system: System, tokens: list[str], curves: Curves) -> None:
    path, target = f"/v1/daily-balances/{wrk.business_today()}", system.balances
    requests = (target.get(path, token) for token in itertools.cycle(tokens))
    with streams(system) as client:
        async with Pool(target, 8) as pool:
            reading = open_loop(pool, requests, READS_PER_S, SLICE_S)
            await with_ticks(reading, lambda _: curves.sample(published_events(client)), SAMPLE_EVERY_S)


def _round(curves: Curves, entries: int) -> Round:
    figures: dict[str, float] = {}
    for name in OURS:
        settled = [megabytes for at, megabytes in curves.points[name] if at >= entries * SETTLED_SHARE]
        figures[f"rss_of_{name.replace('-', '_')}_mb"] = max(settled)
        figures[f"growth_of_{name.replace('-', '_')}_percent"] = (settled[-1] / settled[0] - 1) * 100
    largest = max(figures[f"rss_of_{name.replace('-', '_')}_mb"] for name in OURS)
    growth = max(figures[f"growth_of_{name.replace('-', '_')}_percent"] for name in OURS)
    lines = tuple(Series(name, points) for name, points in curves.points.items())
    return Round(
        {"entries": entries, "largest_rss_mb": largest, "largest_growth_percent": growth, **figures}, series=lines
    )


SCENARIO = Scenario(
    name="memory",
    title="Memory while very many entries go through",
    method=(
        "wrk records entries of 20 merchants with 64 connections while 100 reads a second go on; every five seconds "
        "each process's resident memory is noted. Growth is from the first tenth of the entries to the last; the "
        "targets are for Fluxo's own four processes. The stream's Valkey keeps what was applied for a day, and "
        "grows with it. One round, since it takes minutes."
    ),
    measure=measure,
    targets=(Target("largest_rss_mb", at_most=90), Target("largest_growth_percent", at_most=10)),
    needs=(WRK,),
    is_quick=False,
    x_axis="entries",
    y_axis="MB",
)
