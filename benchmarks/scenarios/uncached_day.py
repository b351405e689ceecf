"""A day that no cache holds, at a constant rate, of merchants with a short and a long history; then the most."""

import itertools
import math
from collections.abc import Iterator
from datetime import date, timedelta

from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import open_loop, run_precisely
from fluxo_cli.load.pool import Pool

from benchmarks.cost import cost_of
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.seeding import DAYS_A_YEAR, seed_history
from benchmarks.system import System
from benchmarks.tools import WRK
from benchmarks.wrk import UnreadDays, business_today, read_days

RATE_PER_S = 500
CONNECTIONS = 32
HISTORIES = (1, 10)
WARM_UP_S = 1.0
MOST_PER_S = 16_000
"""More than one process answers: so many days have to be there that were never asked for."""


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    pace = bench.pace
    # Each day of the last year once for each merchant, and never again: so many merchants it takes.
    reads = dict.fromkeys(HISTORIES, RATE_PER_S * (pace.seconds + WARM_UP_S) * (pace.rounds + 1))
    merchants = {
        years: [f"day-{years}y-{n}" for n in range(math.ceil(number / DAYS_A_YEAR))] for years, number in reads.items()
    }
    for years, names in merchants.items():
        bench.say(f"{len(names)} merchants with {years} years of entries")
        seed_history(system, names, years=years, entries_a_day=1)
    requests = {years: unread_days(system, names) for years, names in merchants.items()}
    crowd = [f"day-of-many-{n}" for n in range(math.ceil(MOST_PER_S * pace.seconds * pace.rounds / DAYS_A_YEAR))]
    bench.say(f"{len(crowd)} merchants with a year of entries, for {CONNECTIONS} connections")
    seed_history(system, crowd, years=1, entries_a_day=1)
    unread = UnreadDays([system.token(merchant) for merchant in crowd], last_days())
    for number in bench.rounds():
        found: dict[int, Measured] = {}
        cpu_us: dict[str, dict[str, float]] = {}
        # The one that goes first changes from round to round.
        for years in HISTORIES if number % 2 == 0 else reversed(HISTORIES):
            run_precisely(read_at_rate(system, requests[years], WARM_UP_S))
            with cost_of(system) as cost:
                found[years] = run_precisely(read_at_rate(system, requests[years], pace.seconds))
            cpu_us[f"uncached read, {years} year{'s' if years > 1 else ''} of history"] = cost.us_per(
                found[years].requests
            )
        with cost_of(system) as cost:
            most = read_days(system.balances_url, unread, connections=CONNECTIONS, seconds=pace.seconds)
        cpu_us[f"uncached read, {CONNECTIONS} connections without a pause"] = cost.us_per(most.requests)
        p99_ms = {years: measured.percentiles_ms(99)[0] for years, measured in found.items()}
        p50_ms = {years: measured.percentiles_ms(50)[0] for years, measured in found.items()}
        yield Round(
            {
                "p99_of_1_year_ms": p99_ms[1],
                "p99_of_10_years_ms": p99_ms[10],
                "ratio_of_10_years_to_1_at_p99": p99_ms[10] / p99_ms[1],
                "ratio_of_10_years_to_1_at_p50": p50_ms[10] / p50_ms[1],
                "p50_of_1_year_ms": p50_ms[1],
                "p50_of_10_years_ms": p50_ms[10],
                f"reads_of_{CONNECTIONS}_connections_per_s": most.per_s,
                "cache_hits": sum(measured.cache_hits for measured in found.values()),
                "driver_late_p99_ms": max(measured.late_p99_ms for measured in found.values()),
                "errors": most.errors + sum(measured.errors for measured in found.values()),
            },
            cpu_us,
        )


def unread_days(system: System, merchants: list[str]) -> Iterator[bytes]:
    """Yield a request for each day of the last year of each merchant, a merchant never twice in a row."""
    tokens = [system.token(merchant) for merchant in merchants]
    for day, token in itertools.product(last_days(), tokens):
        yield system.balances.get(f"/v1/daily-balances/{day}", token)


def last_days() -> list[date]:
    """Return the days of the last year, today first."""
    today = business_today()
    return [today - timedelta(days=back) for back in range(DAYS_A_YEAR)]


async def read_at_rate(system: System, requests: Iterator[bytes], seconds: float) -> Measured:
    async with Pool(system.balances, CONNECTIONS) as pool:
        return await open_loop(pool, requests, RATE_PER_S, seconds)


SCENARIO = Scenario(
    name="uncached-day",
    title="A day from the database, 500 reads a second",
    method=(
        "Open loop: a request every 2 ms whatever the answers do, latency counted from the instant it was due. "
        "Every request asks for a day that was never asked for before (each day of the last year, of many "
        "merchants), so that no cache can answer; `cache_hits` counts the answers that came from one all the same. "
        "The history is one entry a day, for 1 year and for 10. Then as many days as 32 connections of wrk get, of "
        "other merchants with a year, none of them twice."
    ),
    measure=measure,
    targets=(
        Target("p99_of_1_year_ms", at_most=5),
        Target("p99_of_10_years_ms", at_most=5),
        Target("ratio_of_10_years_to_1_at_p99", at_most=1.3),
        Target("reads_of_32_connections_per_s", at_least=4_800),
        Target("cache_hits", at_most=0),
        Target("errors", at_most=0),
    ),
    needs=(WRK,),
)
