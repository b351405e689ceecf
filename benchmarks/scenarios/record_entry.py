"""Recording entries one by one with many connections, against pgbench with the same statement."""

from collections.abc import Iterator

from benchmarks import wrk
from benchmarks.bound_database import BoundDatabase
from benchmarks.cost import cost_of
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.system import System
from benchmarks.tools import PGBENCH, WRK

CONNECTIONS = 64


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    seconds = bench.pace.seconds
    tokens = [system.token("record-entry")]
    warm_up = wrk.Entries(tokens, "warm-up")
    wrk.record(system.entries_url, warm_up, connections=CONNECTIONS, seconds=1)
    bound = BoundDatabase(system)
    bound.pgbench(CONNECTIONS, 3)
    for number in bench.rounds():
        until_quiet(system)
        with cost_of(system) as cost:
            entries = wrk.Entries(tokens, f"round-{number}")
            ours = wrk.record(system.entries_url, entries, connections=CONNECTIONS, seconds=seconds)
            until_quiet(system)
        theirs = bound.pgbench(CONNECTIONS, seconds)
        cpu_us = cost.us_per(ours.requests)
        yield Round(
            {
                "ratio_to_pgbench": ours.per_s / theirs.per_s,
                "entries_per_s": ours.per_s,
                "pgbench_per_s": theirs.per_s,
                "p50_ms": ours.p50_ms,
                "p99_ms": ours.p99_ms,
                "pgbench_mean_ms": theirs.mean_ms,
                "cpu_from_request_to_balance_us": sum(cpu_us.values()),
                "errors": ours.errors,
            },
            {"entry, from request to balance": cpu_us},
        )


SCENARIO = Scenario(
    name="record-entry",
    title="POST /v1/entries, 64 connections, the whole system on this machine",
    method=(
        "wrk (one thread) records entries of one merchant for today, each with a key of its own, while relay and "
        "projector carry them to the balances. The bound is pgbench on the same server: 64 clients, one prepared "
        "statement that writes entry, key and event into tables of the same schema, without the notification that "
        "would make its commits wait for each other. CPU is counted until the last entry is part of the balance."
    ),
    measure=measure,
    targets=(
        Target("ratio_to_pgbench", at_least=1.6),
        Target("p99_ms", at_most=12),
        Target("cpu_from_request_to_balance_us", at_most=200),
        Target("errors", at_most=0),
    ),
    needs=(WRK, PGBENCH),
)
