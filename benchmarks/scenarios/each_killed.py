"""Every instance of two replicas killed in turn, while merchants read and write."""

from collections.abc import Iterator

from fluxo_cli.load.pacing import run_precisely

from benchmarks.mixed_load import Merchants, Mixed
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.tools import NGINX

READS_PER_S = 200
REPLICAS = 2
INSTANCES = [
    f"{process}-{replica}"
    for process in ("balances-api", "entries-api", "balances-projector", "entries-relay")
    for replica in range(1, REPLICAS + 1)
]


def measure(bench: Bench) -> Iterator[Round]:
    seconds = bench.pace.soak_seconds / 40
    figures: dict[str, float] = {}
    all_found: list[Mixed] = []
    with bench.start(replicas=REPLICAS) as system:
        merchants = Merchants(system)
        run_precisely(merchants.run(READS_PER_S, 2.0))
        for name in INSTANCES:
            system.until_ready()
            found = run_precisely(merchants.run(READS_PER_S, seconds, kills={seconds / 4: system.pids()[name]}))
            all_found.append(found)
            figures[f"read_p99_while_{name}_is_replaced_ms"] = found.reads.percentiles_ms(99)[0]
            figures[f"write_p99_while_{name}_is_replaced_ms"] = found.writes.percentiles_ms(99)[0]
            figures |= {f"{what}_while_{name}_is_replaced": count for what, count in found.failures().items()}
        until_quiet(system)
        system.verify()
    requests = sum(found.reads.requests + found.writes.requests for found in all_found)
    failed = sum(found.reads.errors + found.writes.errors for found in all_found)
    yield Round({"failed_percent": failed / requests * 100, "failed": failed, "requests": requests, **figures})


SCENARIO = Scenario(
    name="each-killed",
    title="Each instance of two replicas killed in turn",
    method=(
        "Two replicas of everything behind nginx; 200 reads and 200 writes a second. One after the other, each when "
        "the one before is ready again, every instance of both APIs, of the projector and of the relay gets SIGKILL. "
        "A request that gets no answer, or one that is no success, has failed: the driver tries nothing again. "
        "Afterwards `fluxo verify` compares every day. One round."
    ),
    measure=measure,
    targets=(Target("failed_percent", at_most=0.1),),
    needs=(NGINX,),
    is_quick=False,
)
