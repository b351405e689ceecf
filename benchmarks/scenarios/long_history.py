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
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.seeding import DAYS_A_YEAR, seed_history
from benchmarks.system import System
from benchmarks.wrk import business_today

LONG, SHORT = "long-history", "short-history"
YEARS = {LONG: 10, SHORT: 1}
REQUESTS = 300


def measure(bench: Bench) -> Iterator[Round]:
    with bench.start() as system:
        yield from _rounds(bench, system)


def _rounds(bench: Bench, system: System) -> Iterator[Round]:
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
    days = {merchant: _unread_days(system, merchant) for merchant in YEARS}
    writes = {merchant: entry_requests(system, merchant) for merchant in YEARS}
    for number in bench.rounds():
        figures: dict[str, float] = {"entries_of_the_past": a_day[LONG] * YEARS[LONG] * DAYS_A_YEAR, "errors": 0}
        for merchant in YEARS if number % 2 == 0 else reversed(YEARS):
            until_quiet(system)
            pages = itertools.repeat(system.entries.get("/v1/entries?limit=50", system.token(merchant)))
            for what, service, requests in (
                ("day", system.balances, days[merchant]),
                ("write", system.entries, writes[merchant]),
                ("page", system.entries, pages),
            ):
                measured = run_precisely(_one_after_another(service, requests))
                figures[f"{what}_p50_of_{merchant.replace('-', '_')}_ms"] = measured.percentiles_ms(50)[0]
                figures["errors"] += measured.errors + measured.cache_hits
        for what in ("day", "write", "page"):
            long, short = (figures[f"{what}_p50_of_{name}_history_ms"] for name in ("long", "short"))
            figures[f"ratio_of_{what}"] = long / short
        yield Round(figures)
    until_quiet(system)
    bench.say("verifying every day")
    system.verify()


def _unread_days(system: System, merchant: str) -> Iterator[bytes]:
    """Yield a request for each day of the last year, then for the days before that: never one twice."""
    token, today = system.token(merchant), business_today()
    for back in itertools.count():
        yield system.balances.get(f"/v1/daily-balances/{today - timedelta(days=back)}", token)


async def _one_after_another(service: Service, requests: Iterator[bytes]) -> Measured:
    async with Pool(service, 1) as pool:
        return await closed_loop(pool, requests, 1, lambda measured: measured.requests < REQUESTS)


SCENARIO = Scenario(
    name="long-history",
    title="Ten years and ten million entries of one merchant",
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
