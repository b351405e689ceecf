"""Asks the balances service's `dead-letters` process, which answers one JSON object a line."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Literal

import orjson

from fluxo_cli.operations.child_process import run_lines

_LOG: Final = "balances-dead-letters.log"


def ask_dead_letters(
    action: Literal["show", "redrive", "discard"],
    letter_ids: Sequence[str] | None,
    environment: Mapping[str, str],
    logs: Path,
) -> Iterator[dict[str, Any]]:
    """Yield the answers as they come; `letter_ids` None stands for all letters.

    What the process logs is added to its log below `logs`, where there is such a folder.

    Raises:
        CommandError: a server is unavailable, or the process failed.
    """
    wanted = ["--all"] if letter_ids is None else ["--", *letter_ids]
    argv = [sys.executable, "-m", "fluxo_balances", "dead-letters", action, *wanted]
    with tempfile.TemporaryFile() as log:
        try:
            yield from map(orjson.loads, run_lines(argv, environment, log, otherwise="The dead-letters process"))
        finally:
            _keep(log, logs)


def _keep(log: IO[bytes], logs: Path) -> None:
    log.seek(0)
    lines = log.read()
    if lines and logs.is_dir():
        with (logs / _LOG).open("ab") as kept:
            kept.write(lines)
