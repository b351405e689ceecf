"""The table at the end of a run: what was measured, and each target beside it."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.results import Run
from benchmarks.wording import figure_in_words, name_in_words, target_in_words


def print_table(run: Run) -> None:
    table = Table(box=SIMPLE)
    table.add_column("Scenario", no_wrap=True)
    table.add_column("Median of the rounds", overflow="fold")
    for heading in ("Measured", "Target", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for scenario in run.scenarios:
        for number, row in enumerate(_rows(scenario)):
            table.add_row(Text(scenario["name"] if number == 0 else ""), *row)
    console = Console(width=None if Console().is_terminal else 140, highlight=False)
    console.print(table)
    for scenario in run.scenarios:
        if scenario["not_run"]:
            console.print(Text(f"{scenario['name']}: not run, {scenario['not_run']}"), soft_wrap=True)


def _rows(scenario: dict[str, Any]) -> list[tuple[Text, Text, Text, Text]]:
    """Return the figures that have a target first."""
    if not scenario["rounds"]:
        return [(Text("not run"), Text(), Text(), Text())]
    targets = {target["figure"]: target for target in scenario["targets"]}
    rows = []
    for figure in [*targets, *(name for name in scenario["medians"] if name not in targets)]:
        target = targets.get(figure)
        measured = figure_in_words(figure, scenario["medians"].get(figure))
        wanted = Text("") if target is None else Text(target_in_words(target))
        rows.append((Text(name_in_words(figure)), Text(measured), wanted, _verdict(target)))
    return rows


def _verdict(target: dict[str, Any] | None) -> Text:
    if target is None or target["met"] is None:
        return Text("")
    return Text("met", style="green") if target["met"] else Text("missed", style="red")
