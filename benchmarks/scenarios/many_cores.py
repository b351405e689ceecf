"""The curve of replicas on a machine with many cores: how many pay, and whether more of them cost."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from fluxo_local.cores import replicas_for, usable_cores

from benchmarks.scenario import Bench, Figures, Round, Scenario, Target
from benchmarks.scenarios.replicas import Load, curve
from benchmarks.tools import NGINX, WRK, NotOnThisMachineError

CORES_MIN: Final = 8
REPLICAS: Final = (1, 2, 4, 6, 8, 12)
CONNECTIONS: Final = 256


def measure(bench: Bench) -> Iterator[Round]:
    cores = int(usable_cores())
    if cores < CORES_MIN:
        raise NotOnThisMachineError(
            f"this machine has {cores} cores, and it takes {CORES_MIN} to see more of them used"
        )
    default = replicas_for(cores)
    counts = sorted({count for count in REPLICAS if count < cores} | {default})
    for number in bench.rounds():
        measured = curve(bench, number, counts, Load(CONNECTIONS, threads=cores // 4))
        yield replace(measured, figures={**measured.figures, **_compared(measured.figures, counts, default)})


def _compared(figures: Figures, counts: list[int], default: int) -> dict[str, float]:
    best = max(figures[f"writes_with_{count}_per_s"] for count in counts)
    return {
        "default_replicas": default,
        "ratio_of_writes_by_default_to_the_best": figures[f"writes_with_{default}_per_s"] / best,
        "ratio_of_writes_with_the_most_to_the_best": figures[f"writes_with_{counts[-1]}_per_s"] / best,
    }


SCENARIO = Scenario(
    name="many-cores",
    title="1 to 12 replicas behind nginx, on many cores",
    method=(
        f"As in `replicas`, with {CONNECTIONS} connections and a thread of wrk for each four cores: a cached day, then "
        "entries of 20 merchants, through nginx. The default is what `fluxo up --replicas auto` takes here; a curve "
        "that bends down says that more processes cost more than they do."
    ),
    measure=measure,
    targets=(
        Target("ratio_of_writes_by_default_to_the_best", at_least=0.9),
        Target("ratio_of_writes_with_the_most_to_the_best", at_least=0.9),
        Target("errors", at_most=0),
    ),
    needs=(WRK, NGINX),
    is_quick=False,
    x_axis="replicas",
    y_axis="per second",
)
