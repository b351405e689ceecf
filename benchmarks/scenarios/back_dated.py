"""Entries of a day 360 days ago, against entries of today: to write, and to project."""

from collections.abc import Iterator, Mapping

from benchmarks import wrk
from benchmarks.backlog import Backlog
from benchmarks.cost import cost_of
from benchmarks.quiet import until_quiet
from benchmarks.scenario import Bench, Round, Scenario, Target
from benchmarks.system import System
from benchmarks.tools import WRK

CONNECTIONS = 64
PERCENTS = (0, 1, 50, 100)
"""Of the entries so many are back-dated; 0 is what the others are divided by."""


_WRITING = ("entries-api", "postgres (entries)")
Measurements = dict[int, tuple[float, Mapping[str, float]]]
"""By percent: how many went through in a second, and CPU microseconds for each, by role."""


def measure(bench: Bench) -> Iterator[Round]:
    with bench.start() as system:
        token = system.token("back-dated")
        _write(system, token, "warm-up", 0, 1.0)
        written = [
            {percent: _write(system, token, f"{number}", percent, bench.pace.seconds / 2) for percent in _turn(number)}
            for number in bench.rounds()
        ]
    with bench.start() as system, Backlog(system) as backlog:
        _project(backlog, bench.pace.back_dated_events, 50)  # the first into empty tables is cheaper
        for number in bench.rounds():
            projected = {percent: _project(backlog, bench.pace.back_dated_events, percent) for percent in _turn(number)}
            yield _round(written[number], projected)


def _write(system: System, token: str, key: str, percent: int, seconds: float) -> tuple[float, Mapping[str, float]]:
    until_quiet(system)
    entries = wrk.Entries([token], f"{key}-{percent}", back_share=percent / 100)
    with cost_of(system) as cost:
        result = wrk.record(system.entries_url, entries, connections=CONNECTIONS, seconds=seconds)
    cpu_us = cost.us_per(result.requests)
    return result.per_s, {role: cpu_us[role] for role in _WRITING}


def _project(backlog: Backlog, events: int, percent: int) -> tuple[float, Mapping[str, float]]:
    backlog.fill(events, percent)
    backlog.publish()
    worked_off = backlog.project()
    return worked_off.events_per_s, worked_off.cpu_us


def _turn(number: int) -> list[int]:
    """Return the mixes in another order each round."""
    first = number % len(PERCENTS)
    return [*PERCENTS[first:], *PERCENTS[:first]]


def _round(written: Measurements, projected: Measurements) -> Round:
    figures: dict[str, float] = {}
    cpu_us: dict[str, Mapping[str, float]] = {}
    for what, found in (("write", written), ("projection", projected)):
        cost = {percent: sum(found[percent][1].values()) for percent in PERCENTS}
        for percent in PERCENTS:
            figures[f"{what}_{percent}_percent_back_dated_per_s"] = found[percent][0]
            cpu_us[f"{what}, {percent} % back-dated"] = found[percent][1]
        for percent in PERCENTS[1:]:
            figures[f"ratio_of_{what}_cost_{percent}_percent_back_dated"] = cost[percent] / cost[0]
    return Round(figures, cpu_us)


SCENARIO = Scenario(
    name="back-dated",
    title="Entries back-dated by 360 days",
    method=(
        "The same load with 0, 1, 50 and 100 percent of the entries dated 360 days back: wrk with 64 connections "
        "for the write, a backlog worked off by one projector for the projection. The cost of an entry is the CPU "
        "time that it takes of the processes at work and of PostgreSQL; the ratio is to that of entries of today, "
        "in the same round."
    ),
    measure=measure,
    targets=tuple(
        Target(f"ratio_of_{what}_cost_{percent}_percent_back_dated", at_most=1.2)
        for percent in PERCENTS[1:]
        for what in ("write", "projection")
    ),
    needs=(WRK,),
    is_quick=False,
)
