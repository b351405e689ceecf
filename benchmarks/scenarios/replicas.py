"""One, two and four replicas of everything behind nginx, all on this machine."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from fluxo_local.nginx import Upstream, balancer
from fluxo_local.spawn import stop

from benchmarks import wrk
from benchmarks.cost import cost_of
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Figures, Round, Scenario, Series, Target
from benchmarks.seeding import seed_history
from benchmarks.system import System
from benchmarks.tools import NGINX, WRK

CONNECTIONS = 64
REPLICAS = (1, 2, 4)
MERCHANT = "replicas"
_GAIN = 1.15
"""A ratio below this is no gain worth a process."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk does: so many connections, and threads of its own."""

    connections: int
    threads: int = 1


def measure(bench: Bench) -> Iterator[Round]:
    for number in bench.rounds():
        yield curve(bench, number, REPLICAS, Load(CONNECTIONS))


def curve(bench: Bench, number: int, counts: Sequence[int], load: Load) -> Round:
    """Measure so many replicas, one system after another, every other round from the last to the first."""
    figures: dict[str, float] = {}
    cpu_us: dict[str, dict[str, float]] = {}
    for replicas in counts if number % 2 == 0 else reversed(counts):
        with bench.start(replicas) as system, _behind_nginx(system) as (entries_url, balances_url):
            _measure_one(bench, system, load, (entries_url, balances_url), figures, cpu_us)
    for what in ("reads", "writes"):
        for replicas in counts[1:]:
            several, one = figures[f"{what}_with_{replicas}_per_s"], figures[f"{what}_with_1_per_s"]
            figures[f"ratio_of_{what}_with_{replicas}_to_1"] = several / one
    lines = tuple(
        Series(what, [(replicas, figures[f"{what}_with_{replicas}_per_s"]) for replicas in counts])
        for what in ("reads", "writes")
    )
    return Round(dict(sorted(figures.items())), cpu_us, lines)


def _measure_one(
    bench: Bench,
    system: System,
    load: Load,
    urls: tuple[str, str],
    figures: dict[str, float],
    cpu_us: dict[str, dict[str, float]],
) -> None:
    seconds, replicas, (entries_url, balances_url) = bench.pace.seconds / 2, system.replicas, urls
    seed_history(system, [MERCHANT], years=1, entries_a_day=3)
    token = system.token(MERCHANT)
    day = f"{balances_url}/v1/daily-balances/{wrk.business_today()}"
    how = asdict(load)
    wrk.get(day, seconds=1, token=token, **how)
    with cost_of(system) as cost:
        reads = wrk.get(day, seconds=seconds, token=token, **how)
    figures[f"reads_with_{replicas}_per_s"] = reads.per_s
    figures[f"cores_busy_reading_with_{replicas}_percent"] = cost.busy_percent(reads.seconds)
    cpu_us[f"cached read through nginx, {replicas} replicas"] = cost.us_per(reads.requests)
    tokens = [system.token(f"{MERCHANT}-{number}") for number in range(20)]
    wrk.record(entries_url, wrk.Entries(tokens, "warm-up"), seconds=1, **how)
    until_quiet(system)
    with cost_of(system) as cost:
        writes = wrk.record(entries_url, wrk.Entries(tokens, "measured"), seconds=seconds, **how)
        until_quiet(system)
    figures[f"writes_with_{replicas}_per_s"] = writes.per_s
    figures[f"cores_busy_writing_with_{replicas}_percent"] = cost.busy_percent(writes.seconds)
    figures["errors"] = figures.get("errors", 0) + reads.errors + writes.errors
    cpu_us[f"entry through nginx, {replicas} replicas"] = cost.us_per(writes.requests)


@contextmanager
def _behind_nginx(system: System) -> Iterator[tuple[str, str]]:
    """Yield both addresses; with one replica, which needs no balancer, behind one like that of several."""
    if system.replicas > 1:
        yield system.entries_url, system.balances_url
        return
    base, directory = system.port_base, system.data_dir / "nginx"
    upstreams = [
        Upstream("entries", f"127.0.0.1:{base + 96}", [f"127.0.0.1:{base + 1}"]),
        Upstream("balances", f"127.0.0.1:{base + 97}", [f"127.0.0.1:{base + 2}"]),
    ]
    child = balancer(directory, upstreams, port=base + 96, health_port=base + 98, env=os.environ)
    with (system.data_dir / "logs" / "nginx.log").open("ab") as log:
        process = child.spawn(log)
    system.extra_pids["nginx"] = process.pid
    try:
        system.until_answers(base + 98, "/health/ready")
        yield f"http://127.0.0.1:{base + 96}", f"http://127.0.0.1:{base + 97}"
    finally:
        stop(process, ((signal.SIGQUIT, 10.0),))


def _reading(medians: Figures) -> str:
    reads, writes = ([medians[f"ratio_of_{what}_with_{n}_to_1"] for n in REPLICAS[1:]] for what in ("reads", "writes"))
    busy = medians["cores_busy_reading_with_1_percent"]
    told = (
        f"Two replicas answer {reads[0]:.2f} times the reads and {writes[0]:.2f} times the writes of one, four answer "
        f"{reads[1]:.2f} and {writes[1]:.2f} times as many. One replica alone kept the cores {busy:.0f} % busy while "
        "it read, beside wrk. "
    )
    if max(*reads, *writes) < _GAIN:
        return told + "The next bottleneck is this machine's cores: more replicas only share them."
    return told + "A single process was the bottleneck, until the cores were: replicas pay where there are idle cores."


SCENARIO = Scenario(
    name="replicas",
    title="1, 2 and 4 replicas behind nginx, on this machine",
    method=(
        "wrk (one thread, 64 connections) reads a cached day, then records entries of 20 merchants, through nginx. "
        "All replicas, both databases, nginx and wrk itself share this machine's cores; `cores busy` is what the "
        "system took of them, without wrk."
    ),
    measure=measure,
    targets=(Target("errors", at_most=0),),
    reading=_reading,
    needs=(WRK, NGINX),
    is_quick=False,
    x_axis="replicas",
    y_axis="per second",
)
