"""A peak's first second: hundreds of connections that are opened at once, and ask."""

from collections.abc import Iterator
from typing import Final

from benchmarks import wrk
from benchmarks.cost import cost_of
from benchmarks.scenario import Bench, Round, Scenario, Target, on_one_system
from benchmarks.seeding import seed_history
from benchmarks.system import System
from benchmarks.tools import WRK

CONNECTIONS: Final = 512
THREADS: Final = 4
MERCHANT: Final = "burst"


@on_one_system
def measure(bench: Bench, system: System) -> Iterator[Round]:
    seed_history(system, [MERCHANT], years=1, entries_a_day=3)
    token = system.token(MERCHANT)
    url = f"{system.balances_url}/v1/daily-balances/{wrk.business_today()}"
    wrk.get(url, connections=1, seconds=1, token=token)
    for _ in bench.rounds():
        with cost_of(system) as cost:
            read = wrk.get(url, connections=CONNECTIONS, seconds=bench.pace.seconds, token=token, threads=THREADS)
        yield Round(
            {
                "p99_to_p50": read.p99_ms / read.p50_ms,
                "p50_ms": read.p50_ms,
                "p99_ms": read.p99_ms,
                "reads_per_s": read.per_s,
                "errors": read.errors,
            },
            {"cached read": cost.us_per(read.requests)},
        )


SCENARIO = Scenario(
    name="burst",
    title=f"{CONNECTIONS} connections at once to one balances API",
    method=(
        f"wrk (four threads) opens {CONNECTIONS} connections to one balances API process at once, and asks each for "
        "the same cached day again and again. No answer within ten seconds is an error."
    ),
    measure=measure,
    targets=(Target("p99_to_p50", at_most=4), Target("errors", at_most=0)),
    needs=(WRK,),
)
