from typing import Annotated

import orjson
import typer
from fluxo_local.runtime import SystemState, load_state
from fluxo_local.services import DASHBOARD, KINDS
from rich.console import Console
from rich.table import Table

from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json

Targets = Annotated[
    bool,
    typer.Option("--targets", help="Print what Prometheus finds the processes by (file_sd), for deploy/prometheus."),
]


def status(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False, targets: Targets = False) -> None:
    """Show what runs, and whether all of it is ready.

    Exit status: 0 when everything is ready, 1 when not, or when nothing runs.

    Examples:
      fluxo status

      fluxo status --json | jq -r .urls.entries

      fluxo status --targets > deploy/prometheus/targets/fluxo.json
    """
    state = load_state(data_dir)
    if targets:
        print(orjson.dumps(_targets(state), option=orjson.OPT_INDENT_2).decode())
    elif json:
        print(orjson.dumps(_document(state), option=orjson.OPT_INDENT_2).decode())
    elif state is None:
        typer.echo(f"Nothing runs on {data_dir}: start it with `fluxo up`.", err=True)
    else:
        console = Console()
        console.print(_table(state))
        for name, url in state.urls.items():
            console.print(f"{name.capitalize()}{'' if name == DASHBOARD else ' API'}: {url}")
    raise typer.Exit(0 if state is not None and state.ready else 1)


def _document(state: SystemState | None) -> dict[str, object]:
    if state is None:
        return {"ready": False, "urls": {}, "processes": []}
    return {
        "ready": state.ready,
        "urls": state.urls,
        "processes": [
            {"name": process.name, "pid": process.pid, "ready": process.ready} for process in state.processes
        ],
    }


def _targets(state: SystemState | None) -> list[dict[str, object]]:
    """One group for each process that has metrics: its kind is the job, its name the instance."""
    processes = () if state is None else state.processes
    return [
        {"targets": [f"127.0.0.1:{process.port}"], "labels": {"job": kind, "instance": process.name}}
        for process in processes
        if (kind := process.name.rpartition("-")[0]) in KINDS
    ]


def _table(state: SystemState) -> Table:
    table = Table(title="Fluxo is ready" if state.ready else "Fluxo is not ready")
    for heading in ("process", "pid", "port", ""):
        table.add_column(heading, justify="right" if heading in {"pid", "port"} else "left")
    for process in state.processes:
        table.add_row(
            process.name,
            str(process.pid or "-"),
            str(process.port),
            "[green]ready[/]" if process.ready else "[red]not ready[/]",
        )
    return table
