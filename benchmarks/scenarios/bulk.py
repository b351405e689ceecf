"""Ten thousand entries in one request, against COPY of the same rows."""

from collections.abc import Iterator
from statistics import median

from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import closed_loop, run_precisely
from fluxo_cli.load.pool import Pool

from benchmarks.bound_database import BoundDatabase
from benchmarks.cost import cost_of
from benchmarks.entries import bulk_request
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.system import System
from benchmarks.wrk import business_today

ENTRIES = 10_000
BULKS_A_ROUND = 6


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    days = [business_today()] * ENTRIES
    token = system.token("bulk")
    run_precisely(send_in_turn(system, [bulk_request(system.entries, token, days)]))
    bound = BoundDatabase(system)
    bound.copy(ENTRIES)
    for _ in bench.rounds():
        until_quiet(system)
        with cost_of(system) as cost:
            measured = run_precisely(
                send_in_turn(system, [bulk_request(system.entries, token, days) for _ in range(BULKS_A_ROUND)])
            )
            until_quiet(system)
        copied_per_s = median(bound.copy(ENTRIES) for _ in range(BULKS_A_ROUND))
        p50, longest = measured.percentiles_ms(50, 100)
        yield Round(
            {
                "ratio_to_copy": ENTRIES / (p50 / 1e3) / copied_per_s,
                "entries_per_s": ENTRIES / (p50 / 1e3),
                "copy_per_s": copied_per_s,
                "p50_ms": p50,
                "longest_ms": longest,
                "errors": measured.errors,
            },
            {"entry in a bulk of 10,000, to its balance": cost.us_per(BULKS_A_ROUND * ENTRIES)},
        )


async def send_in_turn(system: System, requests: list[bytes]) -> Measured:
    async with Pool(system.entries, 1, timeout_s=60) as pool:
        return await closed_loop(pool, iter(requests), 1)


SCENARIO = Scenario(
    name="bulk",
    title="A bulk of 10,000 entries, atomic",
    method=(
        "One caller sends bulks of 10,000 entries one after another; relay and projector work at the same time. "
        "Entries a second are 10,000 divided by the median time of one request. The bound is COPY of as many keys, "
        "entries and outbox rows into tables of the same schema, in one transaction, from bytes laid out before."
    ),
    measure=measure,
    targets=(
        Target("ratio_to_copy", at_least=0.75),
        Target("errors", at_most=0),
    ),
)
