"""Ten years of days in one answer, from the database."""

from collections.abc import Iterator
from datetime import timedelta

from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import closed_loop, run_precisely
from fluxo_cli.load.pool import Pool

from benchmarks.cost import cost_of
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.seeding import DAYS_A_YEAR, seed_history
from benchmarks.system import System
from benchmarks.wrk import business_today

DAYS = 10 * DAYS_A_YEAR
MERCHANTS = 20
RANGES_A_ROUND = 3


def measure(bench: Bench) -> Iterator[Round]:
    with bench.start() as system:
        yield from _rounds(bench, system)


def _rounds(bench: Bench, system: System) -> Iterator[Round]:
    merchants = [f"range-{number}" for number in range(MERCHANTS)]
    bench.say(f"{len(merchants)} merchants with {DAYS} days of entries")
    seed_history(system, merchants, years=10, entries_a_day=1)
    tokens = [system.token(merchant) for merchant in merchants]
    today, target = business_today(), system.balances
    for number in bench.rounds():
        # No range is asked for twice, so that no cache can hold it: each ends a day before the last one.
        lasts = [today - timedelta(days=number * RANGES_A_ROUND + back) for back in range(RANGES_A_ROUND)]
        paths = [f"/v1/daily-balances?from={last - timedelta(days=DAYS - 1)}&to={last}" for last in lasts]
        with cost_of(system) as cost:
            requests = [target.get(path, token) for path in paths for token in tokens]
            measured = run_precisely(_reads(system, requests))
        p50, p99 = measured.percentiles_ms(50, 99)
        yield Round(
            {"p50_ms": p50, "p99_ms": p99, "cache_hits": measured.cache_hits, "errors": measured.errors},
            {"range of 3,650 days": cost.us_per(measured.requests)},
        )


async def _reads(system: System, requests: list[bytes]) -> Measured:
    async with Pool(system.balances, 1) as pool:
        return await closed_loop(pool, iter(requests), 1)


SCENARIO = Scenario(
    name="long-range",
    title="A range of 3,650 days from the database",
    method=(
        "One reader asks for ten years of days, one request after another, each for a merchant and range that "
        "nobody asked for before; every day has an entry. Latency to the last byte."
    ),
    measure=measure,
    is_quick=False,
    targets=(Target("p50_ms", at_most=15), Target("cache_hits", at_most=0), Target("errors", at_most=0)),
)
