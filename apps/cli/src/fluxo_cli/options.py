"""Options that every command spells the same way."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def parse_date(text: str) -> date:
    """Accept YYYY-MM-DD only; `date.fromisoformat` alone takes week dates too."""
    try:
        if _DATE.match(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is not a date such as 2026-11-22.")


DataDir = Annotated[
    Path,
    typer.Option(
        "--data-dir",
        envvar="FLUXO_DATA_DIR",
        help="Where the system keeps its data, logs and keys.",
        file_okay=False,
    ),
]
DEFAULT_DATA_DIR = Path(".fluxo")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Raw = Annotated[
    bool, typer.Option("--raw", help="Texts as they are, for programs: a spreadsheet may run them. No import reads it.")
]
JsonLines = Annotated[bool, typer.Option("--json", help="Write JSON Lines, as the API answers, for programs.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Where to write it. Default: standard output.", dir_okay=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
