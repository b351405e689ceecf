"""The table at the end of a run: each target beside what was measured."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.results import Run
from benchmarks.wording import figure_in_words, target_in_words


def print_table(run: Run) -> None:
    console = Console(width=None if Console().is_terminal else 160, highlight=False)
    table = Table(box=SIMPLE)
    for heading in ("Scenario", "Figure"):
        table.add_column(heading, overflow="fold")
    for heading in ("Measured", "Target", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for scenario in run.scenarios:
        for number, row in enumerate(_rows(scenario)):
            table.add_row(scenario["name"] if number == 0 else "", *row)
    console.print(table)


def _rows(scenario: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    if not scenario["rounds"]:
        return [("not run", scenario["not_run"], "", "")]
    targets = {target["figure"]: target for target in scenario["targets"]}
    rows = []
    for figure in [*targets, *(name for name in scenario["medians"] if name not in targets)]:
        measured = figure_in_words(figure, scenario["medians"].get(figure))
        if (target := targets.get(figure)) is None:
            rows.append((figure, measured, "", ""))
        else:
            met = "[green]met[/]" if target["met"] else "[red]missed[/]"
            rows.append((figure, measured, target_in_words(target), met))
    return rows
