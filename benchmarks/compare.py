"""Two trees measured in turn, such as today's beside one without a change: what the change costs or brings.

Each tree measures with its own benchmarks and its own `.venv`, one round of one scenario at a time, and who begins
changes from round to round. A ratio is of the two measurements of one round; what is told is the median of the rounds.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import commit
from benchmarks.report import comparison_rows, write_report
from benchmarks.results import Run
from benchmarks.tools import SystemFailedError

_HERE: Final = Path(__file__).resolve().parent
_PAGE: Final = _HERE.parent / "docs" / "performance.md"
_WITHIN_S: Final = 1_800


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of a scenario, or where `role` is given what it costs that process, in µs of CPU for each `figure`.

    The role "all" is the sum of all processes, PostgreSQL's and Valkey's too.
    """

    what: str
    scenario: str
    figure: str
    role: str = ""

    @property
    def unit(self) -> str:
        """A name that `figure_in_words` knows."""
        return "cpu_us" if self.role else self.figure

    def of(self, scenario: dict[str, Any]) -> float | None:
        """Return the figure, None where a tree does not measure it yet."""
        figures: dict[str, float] = scenario["cpu_us"].get(self.figure, {}) if self.role else scenario["medians"]
        if self.role == "all" and figures:
            return sum(figures.values())
        return figures.get(self.role or self.figure)


COMPARED: Final = (
    Compared("POST /v1/entries, 64 connections", "record-entry", "entries_per_s"),
    Compared("the same, CPU of the API for each", "record-entry", "entry, from request to balance", "entries-api"),
    Compared("the same, CPU of all processes", "record-entry", "entry, from request to balance", "all"),
    Compared("A lone POST /v1/entries, p50", "lone-write", "p50_ms"),
    Compared("A bulk of 10,000, entries", "bulk", "entries_per_s"),
    Compared("A cached day, one process on one core", "cached-day", "reads_per_s"),
    Compared("the same, CPU of the API for each", "cached-day", "cached read", "balances-api"),
    Compared("A day from the database, p50", "uncached-day", "p50_of_1_year_ms"),
    Compared("the same, days a second of 32 connections", "uncached-day", "reads_of_32_connections_per_s"),
    Compared("the same, CPU of the API for each", "uncached-day", "uncached read, 1 year of history", "balances-api"),
    Compared("From recorded to visible, p50", "visible", "visible_p50_ms"),
    Compared("A backlog worked off by one projector, events", "backlog", "projected_per_s"),
    Compared("the same, CPU of the projector for each", "backlog", "event projected", "balances-projector"),
)


def main() -> int:
    options = _options()
    before, now = options.base.resolve(), _HERE.parent
    scenarios = list(dict.fromkeys(each.scenario for each in options.compared))
    rounds: list[dict[Path, dict[str, Any]]] = []
    for number in range(options.rounds):
        measured: dict[Path, dict[str, Any]] = {before: {}, now: {}}
        for scenario in scenarios:
            for tree in (before, now) if number % 2 == 0 else (now, before):
                print(f"round {number + 1} of {options.rounds}: {scenario}, {tree.name}", file=sys.stderr)
                measured[tree][scenario] = _measure(tree, scenario, options.seconds)
        rounds.append(measured)
    comparison = {
        "title": options.title,
        "before": commit(before),
        "now": commit(now),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "figures": [
            row
            for each in options.compared
            if (row := _row(each, [(of[before][each.scenario], of[now][each.scenario]) for of in rounds])) is not None
        ],
    }
    print("\n".join(comparison_rows(comparison)))
    if options.into:
        run = Run.load(options.into)
        run.comparisons = [each for each in run.comparisons if each["title"] != options.title] + [comparison]
        run.save(options.into)
        write_report(run, _PAGE, options.into.name)
    return 0


def _row(compared: Compared, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any] | None:
    before, now = ([compared.of(of) for of in side] for side in zip(*pairs, strict=True))
    if None in (*before, *now):
        return None
    return {"what": compared.what, "unit": compared.unit, "before": before, "now": now}


def _measure(tree: Path, scenario: str, seconds: float) -> dict[str, Any]:
    """Let the tree measure one round, and return what it found; raises SystemFailedError with what it said."""
    told = ["--scenarios", scenario, "--rounds", "1", "--seconds", str(seconds)]
    command = [str(tree / ".venv/bin/python"), "-m", "benchmarks", *told]
    ran = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    (found,) = Run.load(tree / "benchmarks/results/some.json").scenarios
    if ran.returncode != 0 or not found["rounds"]:
        raise SystemFailedError(f"{scenario} in {tree}: {ran.stderr}{ran.stdout}")
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description=__doc__,
        epilog="Example: python -m benchmarks.compare ../before --rounds 5 --seconds 4",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("base", type=Path, metavar="CHECKOUT", help="the other tree, after its `make setup`")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=float, default=4.0, metavar="N", help="of each measurement")
    parser.add_argument("--scenarios", metavar="A,B", help="only figures of these")
    parser.add_argument("--title", default="Before and now", metavar="WORDS", help="what the document says above it")
    parser.add_argument(
        "--into", type=Path, metavar="FILE", help="put it into that results file too, and write the document"
    )
    options = parser.parse_args()
    wanted = options.scenarios.split(",") if options.scenarios else [each.scenario for each in COMPARED]
    options.compared = [each for each in COMPARED if each.scenario in wanted]
    if not options.compared or not (options.base / ".venv/bin/python").is_file():
        parser.error("it takes a checkout with a .venv, and one of " + ", ".join(each.scenario for each in COMPARED))
    if options.into and not options.into.is_file():
        parser.error("--into takes a results file that is there")
    return options


if __name__ == "__main__":
    sys.exit(main())
