"""What is wrong with a file: a screen shows some of it, a file all of it."""

import tempfile
from collections.abc import Iterable
from typing import Final

from fluxo_local.errors import CommandError

from fluxo_cli.files.entries_file import RowError

SHOWN_MAX: Final = 20


def refuse(errors: Iterable[RowError]) -> None:
    """Raise what is wrong, in the order of the lines, if anything is.

    Raises:
        CommandError: the first twenty things, how many there are, and the file that names all of them.
    """
    lines = [f"  • {error}" for error in sorted(errors, key=lambda error: error.line)]
    if not lines:
        return
    number = "1 thing is" if len(lines) == 1 else f"{len(lines):,} things are"
    shown = lines[:SHOWN_MAX]
    if len(lines) > SHOWN_MAX:
        shown.append(f"  … and {len(lines) - SHOWN_MAX:,} more: {_written(lines)} names all of them.")
    raise CommandError("\n".join([f"{number} not right, and nothing was recorded.", *shown]))


def _written(lines: list[str]) -> str:
    """Return the path of a new file, readable by its owner only, that holds the lines."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="fluxo-import-", suffix=".txt", delete=False
    ) as file:
        file.writelines(f"{line}\n" for line in lines)
    return file.name
