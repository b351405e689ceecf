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
