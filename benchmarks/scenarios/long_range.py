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


class Ranges:
    """Merchants with ten years behind them, and reads of ten years that nobody asked for before."""

    def __init__(self, bench: Bench, system: System) -> None:
        merchants = [f"range-{number}" for number in range(MERCHANTS)]
        bench.say(f"{len(merchants)} merchants with {DAYS} days of entries")
        seed_history(system, merchants, years=10, entries_a_day=1)
        self._system = system
        self._tokens = [system.token(merchant) for merchant in merchants]
        self._last = business_today()

    async def read_next(self) -> Measured:
        """Read some ranges of every merchant, one after another, each to end a day before the last one."""
        lasts = [self._last - timedelta(days=back) for back in range(RANGES_A_ROUND)]
        self._last -= timedelta(days=RANGES_A_ROUND)
        paths = [f"/v1/daily-balances?from={last - timedelta(days=DAYS - 1)}&to={last}" for last in lasts]
        requests = [self._system.balances.get(path, token) for path in paths for token in self._tokens]
        async with Pool(self._system.balances, 1) as pool:
            return await closed_loop(pool, iter(requests), 1)


def measure(bench: Bench) -> Iterator[Round]:
    with bench.start() as system:
        ranges = Ranges(bench, system)
        for _ in bench.rounds():
            with cost_of(system) as cost:
                measured = run_precisely(ranges.read_next())
            p50, p99 = measured.percentiles_ms(50, 99)
            yield Round(
                {"p50_ms": p50, "p99_ms": p99, "cache_hits": measured.cache_hits, "errors": measured.errors},
                {"range of 3,650 days": cost.us_per(measured.requests)},
            )


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
