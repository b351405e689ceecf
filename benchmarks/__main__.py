import argparse
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.cluster import sizing
from benchmarks.machine import commit, machine, versions
from benchmarks.progress import Progress
from benchmarks.report import write_report
from benchmarks.results import Run, outcome
from benchmarks.scenario import Bench, Pace, Round, Scenario
from benchmarks.scenarios import SCENARIOS
from benchmarks.table import print_table
from benchmarks.tools import NotOnThisMachineError

_HERE: Final = Path(__file__).parent
RESULTS: Final = _HERE / "results"
PAGE: Final = _HERE.parent / "docs" / "performance.md"
INTERRUPTED: Final = 130
"""The exit status of what Ctrl-C ended."""

_QUICK: Final = Pace(
    rounds=2,
    seconds=2.0,
    soak_seconds=10.0,
    backlog_events=100_000,
    back_dated_events=20_000,
    memory_entries=50_000,
    history_entries=500_000,
    very_long_history_entries=1_000_000,
    merchants=500,
)

_PACE_OPTIONS: Final = {
    "rounds": "rounds of each scenario",
    "seconds": "seconds of each measurement",
    "soak_seconds": "seconds of each long measurement",
    "backlog_events": "events that wait for the projector",
    "back_dated_events": "events of each mix of dates",
    "memory_entries": "entries recorded while memory is watched",
    "history_entries": "entries of the merchant with a long history",
    "very_long_history_entries": "entries of all merchants in very-long-history",
    "merchants": "merchants where there are many",
}

EPILOG: Final = """\
Starts the real system with `fluxo up` on free ports and a temporary data directory, measures each scenario beside what
the same machine can do without us (nginx, pgbench, COPY), round after round, and prints medians. Compare ratios, within
one run: absolute times drift on a shared machine. wrk, nginx and redis-benchmark are asked for where they are needed; a
scenario whose tool is missing says so and is left out.

A run of everything writes benchmarks/results/<date>-<commit>.json, docs/performance.md and its pictures. --quick and
--scenarios write quick.json and some.json there, which git ignores, and no document. What was measured again --into a
results file says so, with its instant and commit.

Exit status: 0 measured, 1 a scenario failed (which one and why is printed), 2 bad usage, 130 interrupted: what had been
measured is kept. A target that was missed does not fail a run.

Examples:
  python -m benchmarks --list
  python -m benchmarks --quick --scenarios cached-day,record-entry
  python -m benchmarks --rounds 5 --seconds 12
"""


def main() -> int:
    options = _options()
    if options.list:
        for scenario in SCENARIOS.values():
            when = "" if scenario.is_quick else " (not in --quick)" if scenario.is_usual else " (only by its name)"
            print(f"{scenario.name:18}{scenario.title}{when}")
        return 0
    # So that a system that runs is stopped, and its data removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if options.report:
        write_report(Run.load(options.report), PAGE, options.report.name)
        return 0
    pace: Pace = options.pace
    began = time.monotonic()
    run = Run(
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        commit=commit(),
        machine=machine(),
        versions=versions(),
        options={**asdict(pace), "quick": options.quick},
    )
    all_measured = _measure(run, options.scenarios, pace)
    is_cut_short = len(run.scenarios) < len(options.scenarios)
    if not run.scenarios:
        return INTERRUPTED
    run.seconds = round(time.monotonic() - began, 1)
    run.cluster = sizing(run.scenarios)
    path = RESULTS / ("some.json" if is_cut_short else options.file).format(
        date=run.began[:10], commit=run.commit.rstrip("+")
    )
    run.save(path)
    print_table(run)
    if options.into:
        run, path = _put_into(options.into, run), options.into
    if options.into or (options.is_complete and not is_cut_short):
        write_report(run, PAGE, path.name)
    print(f"\nEvery figure of every round: {path}")
    if is_cut_short:
        return INTERRUPTED
    return 0 if all_measured else 1


def _put_into(path: Path, again: Run) -> Run:
    run = Run.load(path)
    run.take_over(again)
    run.cluster = sizing(run.scenarios)
    run.save(path)
    return run


def _measure(run: Run, scenarios: Sequence[Scenario], pace: Pace) -> bool:
    """Measure one scenario after another, each on a new system; return whether none failed.

    Interrupted, it leaves the rest out: what was measured before is kept.
    """
    progress, all_measured = Progress(), True
    for number, scenario in enumerate(scenarios, 1):
        say, began = progress.scenario(scenario.name, number, len(scenarios)), time.monotonic()
        rounds: list[Round] = []
        not_run = ""
        try:
            for tool in scenario.needs:
                tool.path()
            rounds.extend(scenario.measure(Bench(pace, say)))
        except NotOnThisMachineError as error:
            not_run = str(error)
        except (KeyboardInterrupt, SystemExit):
            progress.clear()
            print(f"{scenario.name}: interrupted; it and what comes after it is left out", file=sys.stderr)
            return False
        except Exception as error:  # noqa: BLE001 - the others are still worth measuring
            not_run, all_measured = f"{type(error).__name__}: {error}", False
            progress.clear()
            traceback.print_exc()
        progress.clear()
        if not_run:
            print(f"{scenario.name}: not run, {not_run}", file=sys.stderr)
        run.scenarios.append(outcome(scenario, rounds, seconds=time.monotonic() - began, not_run=not_run))
    return all_measured


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Fluxo beside the bounds of this machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--list", action="store_true", help="list the scenarios and end")
    parser.add_argument("--quick", action="store_true", help="fewer scenarios, shorter rounds: about two minutes")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write the document anew from a results file, and end"
    )
    parser.add_argument("--scenarios", type=_scenarios, metavar="A,B", help="only these, comma-separated")
    parser.add_argument(
        "--into",
        type=Path,
        metavar="FILE",
        help="with --scenarios: put them into that results file, and write the document",
    )
    defaults = Pace()
    for field, what in _PACE_OPTIONS.items():
        kind = type(getattr(defaults, field))
        parser.add_argument(
            f"--{field.replace('_', '-')}",
            type=kind,
            metavar="N",
            help=f"{what} (default {getattr(defaults, field):,}; quick {getattr(_QUICK, field):,})",
        )
    options = parser.parse_args()
    if options.into and not (options.scenarios and options.into.is_file()):
        parser.error("--into takes a results file that is there, and --scenarios what to measure again")
    given = {field: getattr(options, field) for field in _PACE_OPTIONS if getattr(options, field) is not None}
    if any(value <= 0 for value in given.values()):
        parser.error("nothing can be measured with 0 or less")
    options.pace = replace(_QUICK if options.quick else defaults, **given)
    options.is_complete = options.scenarios is None and not options.quick
    options.file = "{date}-{commit}.json" if options.is_complete else "quick.json" if options.quick else "some.json"
    if options.scenarios is None:
        usual = (each for each in SCENARIOS.values() if each.is_usual)
        options.scenarios = [each for each in usual if each.is_quick or not options.quick]
    return options


def _scenarios(names: str) -> list[Scenario]:
    try:
        return [SCENARIOS[name.strip()] for name in names.split(",")]
    except KeyError as error:
        raise argparse.ArgumentTypeError(f"no scenario is called {error.args[0]!r}; see --list") from None


if __name__ == "__main__":
    sys.exit(main())
