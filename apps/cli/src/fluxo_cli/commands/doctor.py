from typing import Literal

import orjson
import typer
from fluxo_local.settings import Settings
from rich.console import Console
from rich.table import Table

from fluxo_cli.operations.diagnosis import diagnose
from fluxo_cli.operations.finding import Finding
from fluxo_cli.options import DEFAULT_DATA_DIR, DataDir, Json

_STYLES: dict[Literal["ok", "warn", "fail"], str] = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(*, data_dir: DataDir = DEFAULT_DATA_DIR, port_base: int = 8000, json: Json = False) -> None:
    """Check the machine and the configuration, and say what to do about each finding.

    Exit status: 1 when something would keep `fluxo up` from working.

    Examples:
      fluxo doctor

      fluxo doctor --json | jq '.[] | select(.status != "ok")'
    """
    findings = list(diagnose(Settings(), data_dir, port_base))
    if json:
        print(orjson.dumps(findings, option=orjson.OPT_INDENT_2).decode())
    else:
        Console().print(_table(findings))
    raise typer.Exit(1 if any(finding.status == "fail" for finding in findings) else 0)


def _table(findings: list[Finding]) -> Table:
    table = Table(title="Fluxo's check-up", show_lines=False)
    for heading in ("", "what", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(
            f"[{_STYLES[finding.status]}]{finding.status}[/]", finding.subject, finding.detail, finding.advice
        )
    return table
