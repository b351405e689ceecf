"""The same load on two replicas, and one instance of each API is killed while it goes on."""

from collections.abc import Iterator

from fluxo_cli.load.pacing import run_precisely

from benchmarks.mixed_load import Merchants
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.tools import NGINX

READS_PER_S = 500


def measure(bench: Bench) -> Iterator[Round]:
    seconds = bench.pace.soak_seconds / 5
    with bench.start(replicas=2) as system:
        merchants = Merchants(system)
        run_precisely(merchants.run(READS_PER_S, 2.0))
        for _ in bench.rounds():
            system.until_ready()
            pids = system.pids()
            kills = {seconds / 3: pids["balances-api-1"], seconds * 2 / 3: pids["entries-api-1"]}
            found = run_precisely(merchants.run(READS_PER_S, seconds, kills=kills))
            until_quiet(system)
            yield Round(
                {
                    "failed_percent": found.failed_percent,
                    "failed_reads": found.reads.errors,
                    "failed_writes": found.writes.errors,
                    "requests": found.reads.requests + found.writes.requests,
                    "read_p99_ms": found.reads.percentiles_ms(99)[0],
                    "write_p99_ms": found.writes.percentiles_ms(99)[0],
                    **found.failures(),
                }
            )
        system.verify()


SCENARIO = Scenario(
    name="replica-killed",
    title="One of two replicas killed under load",
    method=(
        "Two replicas behind nginx; 500 reads and 200 writes a second. After a third of the time one instance of "
        "the balances API gets SIGKILL, after two thirds one of the entries API. A request that gets no answer, or "
        "one that is no success, has failed: the driver tries nothing again."
    ),
    measure=measure,
    targets=(Target("failed_percent", at_most=0.1),),
    needs=(NGINX,),
    is_quick=False,
)
