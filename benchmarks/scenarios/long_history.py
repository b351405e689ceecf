"""A merchant with ten years and millions of entries, beside one who began a year ago."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

from fluxo_cli.load.measured import Measured
from fluxo_cli.load.pacing import closed_loop, run_precisely
from fluxo_cli.load.pool import Pool
from fluxo_cli.load.target import Target as Service

from benchmarks.entries import entry_requests
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.seeding import DAYS_A_YEAR, seed_history
from benchmarks.system import System
from benchmarks.wrk import business_today

LONG, SHORT = "long-history", "short-history"
YEARS = {LONG: 10, SHORT: 1}
REQUESTS = 300


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    entries = bench.pace.history_entries
    a_day = {LONG: max(entries // (YEARS[LONG] * DAYS_A_YEAR), 1), SHORT: 1}
    for merchant, years in YEARS.items():
        seed_history(
            system,
            [merchant],
            years=years,
            entries_a_day=a_day[merchant],
            report=lambda done, of: bench.say(f"{done:,} of {of:,} entries of the past"),
        )
    callers = {merchant: _Caller(system, merchant, bench.pace.rounds) for merchant in YEARS}
    for caller in callers.values():
        caller.call()  # the first of each kind is slower, whoever makes it
    for number in bench.rounds():
        found = {merchant: callers[merchant].call() for merchant in (YEARS if number % 2 == 0 else reversed(YEARS))}
        p50_ms = {
            merchant: {what: each.percentiles_ms(50)[0] for what, each in found[merchant].items()} for merchant in YEARS
        }
        figures = {f"ratio_of_{what}": p50_ms[LONG][what] / p50_ms[SHORT][what] for what in p50_ms[LONG]}
        for merchant in YEARS:
            figures |= {f"{what}_p50_of_{merchant.replace('-', '_')}_ms": ms for what, ms in p50_ms[merchant].items()}
        measured = [each for whose in found.values() for each in whose.values()]
        figures["entries_of_the_past"] = a_day[LONG] * YEARS[LONG] * DAYS_A_YEAR
        figures["errors"] = sum(each.errors + each.cache_hits for each in measured)
        yield Round(figures)
    until_quiet(system)
    bench.say("verifying every day")
    system.verify()


class _Caller:
    """One merchant, who reads days of the last year that no cache holds, records entries, and lists the newest."""

    def __init__(self, system: System, merchant: str, rounds: int) -> None:
        token, today = system.token(merchant), business_today()
        self._system = system
        self._days = (
            system.balances.get(f"/v1/daily-balances/{today - timedelta(days=back)}", token)
            for back in range(DAYS_A_YEAR)
        )
        self._days_a_round = DAYS_A_YEAR // (rounds + 1)
        self._writes = entry_requests(system, merchant)
        self._pages = itertools.repeat(system.entries.get("/v1/entries?limit=50", token))

    def call(self) -> dict[str, Measured]:
        until_quiet(self._system)
        entries, balances = self._system.entries, self._system.balances
        return {
            "day": run_precisely(one_after_another(balances, self._days, self._days_a_round)),
            "write": run_precisely(one_after_another(entries, self._writes, REQUESTS)),
            "page": run_precisely(one_after_another(entries, self._pages, REQUESTS)),
        }


async def one_after_another(service: Service, requests: Iterator[bytes], count: int) -> Measured:
    """Let one caller make so many of the requests."""
    async with Pool(service, 1) as pool:
        return await closed_loop(pool, itertools.islice(requests, count), 1)


SCENARIO = Scenario(
    name="long-history",
    title="Ten years of one merchant with very many entries",
    method=(
        "Two merchants in the same databases: one with ten years of history, one with a year of an entry a day. One "
        "caller reads days that no cache holds, records entries, and lists the newest 50, one request after "
        "another. Ratios are of the medians, long history to short; at the end `fluxo verify` compares every day. "
        "The history is written to both databases by SQL before."
    ),
    measure=measure,
    targets=(
        Target("ratio_of_day", at_most=1.3),
        Target("ratio_of_write", at_most=1.3),
        Target("ratio_of_page", at_most=1.3),
        Target("errors", at_most=0),
    ),
    is_quick=False,
)
