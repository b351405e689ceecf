"""A cached day, against a plain GET of the same bytes from the cache server."""

import asyncio
from collections.abc import Iterator

from benchmarks import bounds, wrk
from benchmarks.scenario import Bench, Round, Scenario
from benchmarks.scenarios.cached_day import CONNECTIONS, body_of
from benchmarks.seeding import seed_history
from benchmarks.tools import CACHE_BENCHMARK, WRK

MERCHANT = "cache-get"
GETS = 200_000


def measure(bench: Bench) -> Iterator[Round]:
    with bench.start() as system:
        seed_history(system, [MERCHANT], years=1, entries_a_day=3)
        token, path = system.token(MERCHANT), f"/v1/daily-balances/{wrk.business_today()}"
        url, body = f"{system.balances_url}{path}", asyncio.run(body_of(system, path, token))
        wrk.get(url, connections=CONNECTIONS, seconds=1, token=token)
        for _ in bench.rounds():
            ours = wrk.get(url, connections=CONNECTIONS, seconds=bench.pace.seconds / 2, token=token)
            gets_per_s = bounds.cache_gets_per_s(system.environment["FLUXO_CACHE_URL"], len(body), CONNECTIONS, GETS)
            yield Round(
                {
                    "ratio_to_cache_gets": ours.per_s / gets_per_s,
                    "reads_per_s": ours.per_s,
                    "cache_gets_per_s": gets_per_s,
                }
            )


SCENARIO = Scenario(
    name="cache-get",
    title="A cached day beside a plain GET from the cache",
    method=(
        "wrk reads a cached day over HTTP with a token; then the cache server's own benchmark, with as many "
        "connections and without pipelining, GETs a value of the same size from it."
    ),
    measure=measure,
    needs=(WRK, CACHE_BENCHMARK),
    is_quick=False,
)
