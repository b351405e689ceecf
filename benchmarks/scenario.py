"""What a scenario is, and what it is given."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.system import System
from benchmarks.tools import Tool

Figures = Mapping[str, float]
"""Measured values by name. The unit stands last: `_per_s`, `_ms`, `_us`, `_mb`, `_percent`; a name that begins with
`ratio` has none, any other is a count."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a curve; a round may have several under one name, one for each `line`."""

    line: str
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round gave. `cpu_us`: CPU microseconds by role, for each thing done, by what was done."""

    figures: Figures
    cpu_us: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    series: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What the median of a figure should be: at least or at most so much."""

    figure: str
    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, measured: float) -> bool:
        """NaN, measured or not, meets nothing."""
        return (self.at_least is None or measured >= self.at_least) and (
            self.at_most is None or measured <= self.at_most
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how much is measured.

    `seconds` of each measurement, `soak_seconds` of each long one; `backlog_events` wait for the projector,
    `back_dated_events` for each mix of dates; `memory_entries` are recorded while memory is watched; `history_entries`,
    `very_long_history_entries` and `merchants` are what there is beforehand where the work has grown.
    """

    rounds: int = 3
    seconds: float = 6.0
    soak_seconds: float = 300.0
    backlog_events: int = 1_000_000
    back_dated_events: int = 100_000
    memory_entries: int = 1_000_000
    history_entries: int = 10_000_000
    very_long_history_entries: int = 100_000_000
    merchants: int = 10_000


@dataclass(frozen=True, slots=True)
class Bench:
    """How much to measure, and where to say what goes on."""

    pace: Pace
    say: Callable[[str], None]

    def start(self, replicas: int = 1) -> System:
        """Return a new system, to be entered."""
        self.say(f"starting the system with {replicas} replicas" if replicas > 1 else "starting the system")
        return System(replicas)

    def ticks(self, what: str, seconds: float) -> Callable[[float], None]:
        """Say that so many seconds of something begin, and return what says how many have gone by."""
        self.say(f"{what} for {seconds:g} s")
        return lambda elapsed: self.say(f"{what}, {min(elapsed, seconds):.0f} of {seconds:g} s")

    def rounds(self) -> Iterator[int]:
        """Yield the numbers of the rounds, saying each."""
        for number in range(self.pace.rounds):
            self.say(f"round {number + 1} of {self.pace.rounds}")
            yield number


def on_one_system(measure: Callable[[Bench, System], Iterator[Round]]) -> Callable[[Bench], Iterator[Round]]:
    """Decorate what takes all its rounds on one system, which is started for it."""

    def started(bench: Bench) -> Iterator[Round]:
        with bench.start() as system:
            yield from measure(bench, system)

    return started


@dataclass(frozen=True, slots=True)
class Scenario:
    """Starts the systems that it needs, measures, and yields a round each time it has one.

    `title` and `method` stand in the report. `is_quick`: belongs to `make bench-quick`; `is_usual`: to a run that names
    no scenarios. `x_axis` and `y_axis` are what its series show, where it has some; `reading` says in a sentence what
    the medians of its figures tell.
    """

    name: str
    title: str
    method: str
    measure: Callable[[Bench], Iterator[Round]]
    targets: tuple[Target, ...] = ()
    needs: tuple[Tool, ...] = ()
    is_quick: bool = True
    is_usual: bool = True
    reading: Callable[[Figures], str] = lambda _: ""
    x_axis: str = ""
    y_axis: str = ""
