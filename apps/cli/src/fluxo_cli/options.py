"""Options that every command spells the same way."""

from pathlib import Path
from typing import Annotated

import typer

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

JsonLines = Annotated[bool, typer.Option("--json", help="Write JSON Lines, as the API answers, for programs.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Where to write it. Default: standard output.", dir_okay=False),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
