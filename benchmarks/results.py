"""What a run leaves behind: all that the report may say."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks.scenario import Figures, Round, Scenario


@dataclass(slots=True)
class Run:
    """`began` is an RFC 3339 instant in UTC; `options` what the run was told; `cluster` is computed from the rest.

    `comparisons` with other trees, and `peers`, are put in afterwards.
    """

    began: str
    seconds: float
    commit: str
    machine: dict[str, Any]
    versions: dict[str, str]
    options: dict[str, Any]
    scenarios: list[dict[str, Any]] = field(default_factory=list)
    cluster: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[dict[str, Any]] = field(default_factory=list)
    peers: dict[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        path.write_bytes(orjson.dumps(asdict(self), option=option))

    def take_over(self, again: "Run") -> None:
        """Put what a later run measured in the place of what this one did, or behind it, saying which run that was."""
        measured = {scenario["name"]: scenario for scenario in again.scenarios}
        for scenario in measured.values():
            scenario["again"] = {"began": again.began, "commit": again.commit}
        self.scenarios = [measured.pop(scenario["name"], scenario) for scenario in self.scenarios]
        self.scenarios += measured.values()

    @classmethod
    def load(cls, path: Path) -> "Run":
        return cls(**orjson.loads(path.read_bytes()))


def outcome(scenario: Scenario, rounds: Sequence[Round], *, seconds: float, not_run: str = "") -> dict[str, Any]:
    """Return a scenario's part of the file. `not_run` says why there are no rounds, or none after the last of them."""
    figures = [numbers(each.figures) for each in rounds]
    found = medians(figures)
    return {
        "name": scenario.name,
        "title": scenario.title,
        "method": scenario.method,
        "reading": scenario.reading(found) if rounds else "",
        "x_axis": scenario.x_axis,
        "y_axis": scenario.y_axis,
        "seconds": round(seconds, 1),
        "not_run": not_run,
        "rounds": [
            {"figures": each_figures, "cpu_us": each.cpu_us, "series": [asdict(line) for line in each.series]}
            for each_figures, each in zip(figures, rounds, strict=True)
        ],
        "medians": found,
        "cpu_us": {
            what: medians([dict(each.cpu_us[what]) for each in rounds if what in each.cpu_us])
            for what in sorted({what for each in rounds for what in each.cpu_us})
        },
        "targets": [
            {
                **asdict(target),
                "measured": found.get(target.figure),
                "met": target.is_met(found[target.figure]) if target.figure in found else None,
            }
            for target in scenario.targets
        ],
    }


def numbers(figures: Figures) -> dict[str, float]:
    """Return the figures without those that are no number: JSON has none, such as the percentile of no answers."""
    return {name: value for name, value in figures.items() if not math.isnan(value)}


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in rounds for name in each)
    return {name: median(each[name] for each in rounds if name in each) for name in names}
