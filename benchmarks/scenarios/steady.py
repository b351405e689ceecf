"""The peak day that the brief asks for, and ten times as much: minutes of reads beside writes."""

from collections.abc import Iterator

from fluxo_cli.load.pacing import run_precisely

from benchmarks.mixed_load import Merchants
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target

READS_PER_S = (50, 500)


def measure(bench: Bench) -> Iterator[Round]:
    seconds = bench.pace.soak_seconds
    with bench.start() as system:
        merchants = Merchants(system)
        run_precisely(merchants.run(READS_PER_S[-1], 2.0))
        figures: dict[str, float] = {}
        for reads_per_s in READS_PER_S:
            what = f"{reads_per_s} reads a second"
            found = run_precisely(merchants.run(reads_per_s, seconds, bench.ticks(what, seconds)))
            until_quiet(system)
            for what, measured in (("read", found.reads), ("write", found.writes)):
                p50, p99 = measured.percentiles_ms(50, 99)
                figures[f"{what}_p99_at_{reads_per_s}_reads_a_second_ms"] = p99
                figures[f"{what}_p50_at_{reads_per_s}_reads_a_second_ms"] = p50
            figures[f"driver_late_p99_at_{reads_per_s}_reads_a_second_ms"] = found.reads.late_p99_ms
            figures[f"requests_at_{reads_per_s}_reads_a_second"] = found.reads.requests + found.writes.requests
            figures[f"errors_at_{reads_per_s}_reads_a_second"] = found.reads.errors + found.writes.errors
            figures |= {f"{name}_at_{reads_per_s}": count for name, count in found.failures().items()}
        system.verify()
    yield Round(figures)


SCENARIO = Scenario(
    name="steady",
    title="50, then 500 reads a second beside 200 writes a second",
    method=(
        "Open loops of reads and writes of 50 merchants, each with a year of history. Every second read is of the "
        "day that the writes keep changing. Afterwards `fluxo verify` compares every day. One round, since it lasts "
        "minutes."
    ),
    measure=measure,
    is_quick=False,
    targets=tuple(
        target
        for reads_per_s in READS_PER_S
        for target in (
            Target(f"errors_at_{reads_per_s}_reads_a_second", at_most=0),
            Target(f"read_p99_at_{reads_per_s}_reads_a_second_ms", at_most=20),
            Target(f"write_p99_at_{reads_per_s}_reads_a_second_ms", at_most=20),
        )
    ),
)
