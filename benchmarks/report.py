"""docs/performance.md and its pictures, from a results file and nothing else."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.plots import Bar, bars, curves
from benchmarks.results import Run
from benchmarks.wording import figure_in_words, name_in_words, target_in_words

PICTURES: Final = "performance"
"""Directory of the pictures, beside the page."""

_VERDICTS: Final = {True: "met", False: "**missed**", None: "not measured"}

Scenario = Mapping[str, Any]


def write_report(run: Run, page: Path, results_name: str) -> None:
    """Write the page, and its pictures beside it; pictures of an earlier run are removed."""
    directory = page.with_name(PICTURES)
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.svg"):
        old.unlink()
    for name, picture in pictures(run).items():
        (directory / name).write_text(picture)
    page.write_text(report(run, results_name))


def report(run: Run, results_name: str) -> str:
    measured = [scenario for scenario in run.scenarios if scenario["rounds"]]
    met = [target["met"] for scenario in measured for target in scenario["targets"] if target["met"] is not None]
    return PAGE.format(
        began=run.began,
        minutes=run.seconds / 60,
        commit=run.commit,
        results=results_name,
        machine="\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in run.machine.items()),
        versions=", ".join(f"{name} {version}" for name, version in run.versions.items()),
        options=", ".join(f"{name.replace('_', ' ')} {_option(value)}" for name, value in run.options.items()),
        met=sum(met),
        targets=len(met),
        target_rows="\n".join(row for scenario in measured for row in _target_rows(scenario)),
        not_run="".join(
            f"\nNot run: `{each['name']}`, {each['not_run']}.\n" for each in run.scenarios if each["not_run"]
        ),
        sections="\n".join(_section(scenario) for scenario in measured),
        comparisons="".join(
            COMPARISON.format(rows="\n".join(comparison_rows(each)), **each) for each in run.comparisons
        ),
        peers=PEERS.format(rows="\n".join(peer_rows(run.peers)), **run.peers) if run.peers else "",
        cluster="\n".join(_load(load) for load in run.cluster) or "Nothing to compute from was measured.",
    )


def pictures(run: Run) -> dict[str, str]:
    """Return the SVG pictures by file name: how the targets were met, and a curve for each scenario that has one."""
    found = {"targets.svg": bars("Part of what each target allows (1 is the target, less is better)", _bars(run))}
    for scenario in run.scenarios:
        if lines := _lines(scenario):
            found[f"{scenario['name']}.svg"] = curves(scenario["title"], scenario["x_axis"], scenario["y_axis"], lines)
    return found


def _bars(run: Run) -> list[Bar]:
    rows = []
    for scenario in run.scenarios:
        for target in scenario["targets"]:
            limit = target["at_least"] or target["at_most"]
            if target["measured"] is not None and limit:
                used = limit / target["measured"] if target["at_least"] else target["measured"] / limit
                words = figure_in_words(target["figure"], target["measured"])
                rows.append(Bar(f"{scenario['name']}: {name_in_words(target['figure'])}", used, words))
    return rows


def _lines(scenario: Scenario) -> dict[str, list[tuple[float, float]]]:
    """Return each line's points, their median where several rounds have the same x."""
    points: dict[str, dict[float, list[float]]] = {}
    for each in scenario["rounds"]:
        for line in each["series"]:
            for x, y in line["points"]:
                points.setdefault(line["line"], {}).setdefault(x, []).append(y)
    return {name: [(x, median(ys)) for x, ys in sorted(line.items())] for name, line in points.items()}


def _target_rows(scenario: Scenario) -> Iterator[str]:
    name = f"[{scenario['title']}](#{scenario['name']})"
    for target in sorted(scenario["targets"], key=lambda each: not each["figure"].startswith("ratio")):
        measured = figure_in_words(target["figure"], target["measured"])
        verdict = _VERDICTS[target["met"]]
        yield f"| {name} | {name_in_words(target['figure'])} | {measured} | {target_in_words(target)} | {verdict} |"
        name = ""


def _section(scenario: Scenario) -> str:
    return SECTION.format(
        name=scenario["name"],
        title=scenario["title"],
        method=scenario["method"],
        picture=f"\n![{scenario['title']}]({PICTURES}/{scenario['name']}.svg)\n" if _lines(scenario) else "",
        rounds=f"{len(scenario['rounds'])} round{'s' if len(scenario['rounds']) > 1 else ''}",
        figures="\n".join(_figure_rows(scenario)),
        reading=f"\n{scenario['reading']}\n" if scenario["reading"] else "",
        again=f"\n{AGAIN.format(**scenario['again'])}\n" if "again" in scenario else "",
        cost="".join(_cost(what, roles) for what, roles in scenario["cpu_us"].items() if roles),
    )


def _figure_rows(scenario: Scenario) -> Iterator[str]:
    for figure in sorted(scenario["medians"], key=lambda name: not name.startswith("ratio")):
        values = [each["figures"][figure] for each in scenario["rounds"] if figure in each["figures"]]
        cells = (scenario["medians"][figure], min(values), max(values))
        words = " | ".join(figure_in_words(figure, value) for value in cells)
        yield f"| {name_in_words(figure)} | {words} |"


def _cost(what: str, roles: Mapping[str, float]) -> str:
    each = ", ".join(f"{role} {cpu_us:.1f}" for role, cpu_us in sorted(roles.items(), key=lambda role: -role[1]))
    return f"\nCPU of each {what}, in µs: {sum(roles.values()):.1f} in all ({each}).\n"


def _load(load: Mapping[str, Any]) -> str:
    return LOAD.format(
        per_s=load["per_s"],
        what=load["what"],
        scenario=load["scenario"],
        utilisation=load["utilisation"] * 100,
        cores=load["cores"],
        roles="\n".join(f"| {each['role']} | {each['cpu_us']:.1f} | {each['cores']:.2f} |" for each in load["roles"]),
    )


def comparison_rows(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table: medians of both trees, and what became of each round's two figures."""
    yield f"| | {comparison['before']} | {comparison['now']} | ratio | least | most |"
    yield "|---|---:|---:|---:|---:|---:|"
    for row in comparison["figures"]:
        values = [figure_in_words(row["unit"], median(row[side])) for side in ("before", "now")]
        ratios = [now / before for before, now in zip(row["before"], row["now"], strict=True)]
        shown = [figure_in_words("ratio", value) for value in (median(ratios), min(ratios), max(ratios))]
        yield f"| {row['what']} | {' | '.join(values + shown)} |"


def peer_rows(measured: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table of all peers, then what is not comparable of each, and who is left out and why."""
    yield f"| | {' | '.join(PEER_COLUMNS)} |"
    yield f"|---|{'---:|' * len(PEER_COLUMNS)}"
    for peer in measured["peers"]:
        cells = (_peer_cell(peer["medians"], *column) for column in PEER_COLUMNS.values())
        yield f"| {peer['name']} {peer['version']} | {' | '.join(cells)} |"
    yield ""
    for peer in measured["peers"]:
        yield f"- **{peer['name']}** {peer['version']}: {peer['differs']}"
    for name, why in measured["left_out"].items():
        yield f"- **{name}** is left out: {why}"


def _peer_cell(medians: Mapping[str, float], measure: str, figure: str) -> str:
    """Return a figure, and behind it the 99th percentile and the errors where there are any."""
    name, p99, errors = (f"{measure}_{each}" for each in (figure, "p99_ms", "errors"))
    behind = [f"p99 {figure_in_words(p99, medians[p99])}"] if p99 in medians else []
    behind += [f"errors {figure_in_words(errors, medians[errors])}"] if errors in medians else []
    return figure_in_words(name, medians.get(name)) + (f" ({', '.join(behind)})" if behind else "")


def _option(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


PEER_COLUMNS: Final = {
    "entries, 64 connections": ("entries", "per_s"),
    "the same, of 64 merchants": ("spread_entries", "per_s"),
    "a lone entry, p50": ("lone_entry", "p50_ms"),
    "a past day, 32 connections": ("days", "per_s"),
    "a lone past day, p50": ("lone_day", "p50_ms"),
    "a balance that is kept, 32 connections": ("kept_balances", "per_s"),
    "a lone back-dated entry, p50": ("back_dated_entry", "p50_ms"),
}
"""The measure and the figure of each column of the table of peers."""

AGAIN: Final = "Measured again later, with a run that began {began}, at commit {commit}."

SECTION: Final = """\
### <a id="{name}"></a>{title}

{method}
{again}{picture}
| {rounds} | median | least | most |
|---|---:|---:|---:|
{figures}
{cost}{reading}"""

COMPARISON: Final = """\
## {title}

Two trees, each with its own benchmarks and processes, measured in turn: {rounds} rounds of each scenario, {seconds:g} s
each, and who began changed from round to round. A ratio is of the two figures of one round; it and they are medians.

{rows}

"""

PEERS: Final = """\
## Other ledgers beside it

Measured by `python -m benchmarks.peers`, which began {began} at commit {commit}: {rounds} rounds, {seconds:g} s for
each figure, one ledger after another, and who begins changes from round to round. Each holds a year of {entries:,}
entries of the merchant that is written to and read, on PostgreSQL with the same settings, fsync on. Closed loops: wrk
over HTTP, pgbench for what is SQL only. Figures are medians of the rounds. A past day is the balance at a day's end,
from the database; a balance that is kept is a cached day, or the current balance of a ledger that keeps that one. A
back-dated entry is of 180 days ago.

{rows}

"""

LOAD: Final = """\
**{per_s:,} {what} a second**: {cores:.1f} cores. (CPU as measured in [{scenario}](#{scenario}).)

| process | CPU of each, µs | cores, {utilisation:.0f} % busy |
|---|---:|---:|
{roles}
"""

PAGE: Final = """\
# Performance, measured

This page is written by `make bench`; do not edit it. It says what the file
[benchmarks/results/{results}](../benchmarks/results/{results}) holds. Everything is on while it is measured:
authentication, logs, metrics, relay, projector. In runs that began after 9 h on 2026-11-30 PostgreSQL has written its
log round before, as on a server that has run for a while. Each figure is measured in turn with its bound, round after
round; what stands here is the median. Compare ratios: they are of the same machine in the same minutes, while absolute
times on a shared machine drift. {met} of {targets} targets were met.

| | |
|---|---|
| began | {began} |
| minutes | {minutes:.0f} |
| commit | {commit} |
{machine}

Versions: {versions}. Options: {options}.

## Targets

![How the targets were met](performance/targets.svg)

| scenario | figure | measured | target | |
|---|---|---:|---:|---|
{target_rows}
{not_run}
## Scenarios

A latency of an open loop counts from the instant at which the request was due, so that a stall counts for all that it
held up. CPU is what the processes took according to the kernel, for each thing done; PostgreSQL's is told apart by the
database that a backend serves, "shared" is its writers of log and pages.

{sections}
{comparisons}{peers}## On a cluster, on paper

From the CPU time of each request as measured above, and a rate. It leaves out what one machine can't show: the network,
replication, and the disk.

{cluster}"""
